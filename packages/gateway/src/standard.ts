import type { ModuleNames } from './load-modules.ts'

/** The schemes and plugins that ship. A build of one's own lists others here; nothing else names them. */
export const standardModules: ModuleNames = {
  schemes: ['@sluice/scheme-kafka'],
  plugins: ['@sluice/plugin-kafka-proxy', '@sluice/plugin-key-auth'],
}
