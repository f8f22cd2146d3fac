import type { ConfigStore } from '@sluice/core'
import type { ListenAddress } from '../config/listen-address.ts'
import type { MetricFamily } from '../metric-families.ts'

/** Where clients are served, in this process or in others, as the rest of the gateway sees it. */
export interface PlaneHost {
  /** The store for the Admin API: what it has written is served when the write resolves, by all but those {@link behind}. */
  readonly store: ConfigStore
  /** Opens a listener; gives where it is bound. */
  listen(address: ListenAddress): Promise<ListenAddress>
  /** Workers that do not serve the newest revision although they were told of it; empty with the data plane in this process. */
  behind(): readonly number[]
  /** Workers that serve, of all; absent with the data plane in this process. */
  workers?(): WorkersReady
  collect(): Promise<readonly MetricFamily[]>
  /** Takes no more clients, lets commands in flight be answered, closes WebSockets with 1001. */
  drain(timeoutMs: number): Promise<void>
  /** Frees everything at once; may be called twice. */
  close(): Promise<void>
}

/** How many of the workers serve. */
export interface WorkersReady {
  readonly ready: number
  readonly of: number
}
