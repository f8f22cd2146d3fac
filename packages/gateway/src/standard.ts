import type { ModuleSource } from './modules/module-source.ts'

/** The schemes and plugins that ship. A build of one's own lists others here; nothing else names them. */
export const standardModules: readonly ModuleSource[] = [
  { kind: 'scheme', package: '@sluice/scheme-kafka' },
  { kind: 'plugin', package: '@sluice/plugin-kafka-proxy' },
  { kind: 'plugin', package: '@sluice/plugin-key-auth' },
]
