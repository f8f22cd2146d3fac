import type { Registry } from '@sluice/core'
import type { Environment } from '../config/environment.ts'
import type { Settings } from '../config/settings.ts'
import type { ProgramLog } from '../log.ts'
import type { AddedPackage } from '../modules/load-modules.ts'
import type { ModuleSource } from '../modules/module-source.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  readonly settings: Settings
  readonly registry: Registry
  /** Where the schemes and plugins of the registry come from, for workers to load them too. */
  readonly modules: readonly ModuleSource[]
  /** Those of them that the configuration adds. */
  readonly added: readonly AddedPackage[]
  readonly environment: Environment
  readonly log: ProgramLog
  /** Shows the user a key of the Admin API that was made just now. */
  showNewKey(key: string, file: string): void
}

/** Closes what was opened. */
export type Closer = () => void | Promise<void>
