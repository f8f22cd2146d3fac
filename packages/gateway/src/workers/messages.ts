import type { ConfigRevision, ConfigSnapshot } from '@sluice/core'
import type { ListenAddress } from '../config/listen-address.ts'
import type { Settings } from '../config/settings.ts'
import type { EncryptionKey } from '../data-dir/encryption-key-file.ts'
import type { MetricFamily } from '../metric-families.ts'
import type { ModuleSource } from '../modules/module-source.ts'

/** What every worker is started with. It goes this way only: arguments and environment are read by others. */
export interface WorkerSetup {
  /** The keys of the Admin API are not among them. */
  readonly settings: Pick<Settings, 'plugins' | 'keyring' | 'log' | 'limits' | 'pluginMs' | 'pingMs' | 'egress'>
  readonly modules: readonly ModuleSource[]
  /** What secret fields are decrypted with. */
  readonly keys: readonly EncryptionKey[]
}

/**
 * What the main process tells a worker. The channel keeps the order: what came before `listen` is served before a client
 * can connect.
 */
export type ToWorker =
  | {
      readonly kind: 'start'
      readonly worker: number
      readonly setup: WorkerSetup
      readonly snapshot: ConfigSnapshot
    }
  | { readonly kind: 'change'; readonly revision: ConfigRevision }
  | { readonly kind: 'snapshot'; readonly snapshot: ConfigSnapshot }
  | { readonly kind: 'listen'; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: 'scrape'; readonly scrape: number }
  /** To be answered, so that a worker that hangs is found; names the newest revision that it was told. */
  | { readonly kind: 'ping'; readonly revision: number }
  | { readonly kind: 'drain'; readonly timeoutMs: number }

/** What a worker tells the main process. */
export type FromWorker =
  /** The configuration of this revision is in use; the first one says that the worker may be told to listen. */
  | { readonly kind: 'applied'; readonly revision: number }
  /** A revision before one that came is missing. */
  | { readonly kind: 'behind' }
  /** On so many addresses. */
  | { readonly kind: 'listening'; readonly listeners: number }
  | { readonly kind: 'metrics'; readonly scrape: number; readonly families: readonly MetricFamily[] }
  | { readonly kind: 'pong' }
  /** It cannot start, and ends. */
  | { readonly kind: 'failed'; readonly message: string }

/** Whether something that came over the channel is a message of the main process, which is of the same version. */
export function isToWorker(value: unknown): value is ToWorker {
  return hasKind(value)
}

/** Whether something that came over the channel is a message of a worker, which is of the same version. */
export function isFromWorker(value: unknown): value is FromWorker {
  return hasKind(value)
}

function hasKind(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value
}
