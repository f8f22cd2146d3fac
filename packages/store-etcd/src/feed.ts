import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigRevision, ConfigSnapshot, ConfigStoreStatus } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { backoffMs } from './backoff.ts'
import type { EtcdClient } from './etcd-client.ts'
import type { EtcdHttp } from './etcd-http.ts'
import { describeFault, EtcdFault } from './fault.ts'
import type { Layout } from './layout.ts'
import { Mirror, type MirrorStart } from './mirror.ts'
import { SilentStream, watchPrefix } from './watch-stream.ts'
import { parseRevision, type WatchReply } from './wire.ts'

/** What a feed is made of. */
export interface FeedOptions {
  readonly http: EtcdHttp
  readonly client: EtcdClient
  readonly layout: Layout
  readonly start: MirrorStart
  /** Of the cluster that `start` was just read from; absent where it comes from a file. */
  readonly clusterId?: string
  readonly silentMs: number
  readonly log: Log
  /** Told of every revision, in order, and of each whole configuration that was read. */
  readonly onRevision: (revision: ConfigRevision) => void
}

/** The only way to go on is to read everything again: the history is compacted, or it is another one. */
class HistoryGone extends Error {}

/**
 * Follows etcd from a snapshot on. Whatever ends the watch, it goes on from the revision after the last one that came; where
 * that is compacted, everything is read again and only what is different is told.
 */
export class Feed {
  readonly #options: FeedOptions
  readonly #mirror: Mirror
  readonly #stopped = new AbortController()
  readonly #running: Promise<void>
  readonly #waiting = new Set<() => void>()
  #reopen = new AbortController()
  #wake = new AbortController()
  #mustReload: boolean
  #clusterId: string | undefined
  #failures = 0
  #awaySince: number | undefined

  constructor(options: FeedOptions) {
    const { layout, start, log, clusterId } = options
    this.#options = options
    this.#mirror = new Mirror(layout, start, (key) =>
      log.error(
        { key },
        'a stored resource is no JSON object; its last good version is served, if there was one: write it again',
      ),
    )
    this.#clusterId = clusterId
    this.#mustReload = clusterId === undefined
    this.#awaySince = clusterId === undefined ? Date.now() : undefined
    this.#running = this.#run()
  }

  /** Up to which revision everything has come. */
  get revision(): number {
    return this.#mirror.revision
  }

  /** The configuration as far as it came. */
  snapshot(): ConfigSnapshot {
    return this.#mirror.snapshot()
  }

  status(): ConfigStoreStatus {
    const awaySince = this.#awaySince
    return { ...(awaySince !== undefined && { awaySince }), unreadable: this.#mirror.broken }
  }

  /** Resolves once a revision came; where it does not for `timeoutMs`, all the same. */
  async reached(revision: number, timeoutMs: number): Promise<void> {
    if (this.#mirror.revision >= revision) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = () => {
      if (this.#mirror.revision >= revision || this.#stopped.signal.aborted) resolve()
    }
    this.#waiting.add(check)
    // etcd made a revision, so it is there: no need to wait any longer before the next attempt.
    this.#wake.abort()
    // A watch that should have told it by then may be dead: a new one begins where it was.
    const early = setTimeout(() => this.#reopen.abort(new SilentStream(timeoutMs / 4)), timeoutMs / 4)
    const late = setTimeout(resolve, timeoutMs)
    try {
      await promise
    } finally {
      this.#waiting.delete(check)
      clearTimeout(early)
      clearTimeout(late)
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    this.#settle()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        if (this.#mustReload) await this.#reload()
        await this.#follow()
        throw new Error('etcd ended the watch')
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error)
      }
    }
  }

  async #follow(): Promise<void> {
    const { http, layout, silentMs } = this.#options
    this.#reopen = new AbortController()
    const signal = AbortSignal.any([this.#stopped.signal, this.#reopen.signal])
    for await (const reply of watchPrefix(http, layout, { from: this.#mirror.revision + 1, silentMs, signal })) {
      this.#receive(reply)
    }
  }

  #receive(reply: WatchReply): void {
    const { header, created, canceled, cancel_reason = '', compact_revision, events = [] } = reply
    if (canceled === true) {
      if (compact_revision !== undefined) throw new HistoryGone('the history is compacted')
      throw new EtcdFault(2, cancel_reason)
    }
    const revision = parseRevision(header?.revision)
    if (created === true) {
      // A member that lags behind is no sign of another history, but reading again does no harm then.
      if (revision < this.#mirror.revision || header?.cluster_id !== this.#clusterId) {
        throw new HistoryGone('etcd has another history')
      }
      this.#recovered()
      return
    }
    for (const change of this.#mirror.apply(events)) this.#options.onRevision(change)
    // A notice of progress: everything up to there has come. A reply with events says nothing of the kind.
    if (events.length === 0 && revision > this.#mirror.revision) this.#mirror.revision = revision
    this.#settle()
  }

  async #reload(): Promise<void> {
    const snapshot = await this.#options.client.list('/')
    const isSameHistory = snapshot.clusterId === this.#clusterId && snapshot.revision >= this.#mirror.revision
    for (const change of this.#mirror.replace(snapshot, isSameHistory)) this.#options.onRevision(change)
    this.#clusterId = snapshot.clusterId
    this.#mustReload = false
    this.#settle()
  }

  async #recover(error: unknown): Promise<void> {
    const { http, log } = this.#options
    const { revision } = this.#mirror
    const isGone = error instanceof HistoryGone || (error instanceof EtcdFault && error.isCompacted)
    if (isGone) {
      this.#mustReload = true
      log.info({ revision }, `${describeFault(error)}: reading the whole configuration again`)
      // The first time at once; a member that lags behind would be asked without end.
      if (this.#failures === 0) {
        this.#failures = 1
        return
      }
    }
    const cause = this.#reopen.signal.aborted ? this.#reopen.signal.reason : error
    if (cause instanceof EtcdFault && cause.isStaleToken) http.dropToken()
    http.moveOn()
    if (cause instanceof SilentStream && this.#failures === 0) {
      this.#failures = 1
      log.debug({ revision }, `the watch of etcd is opened again at its revision: ${cause.message}`)
      return
    }
    this.#failures++
    if (this.#failures === 2) {
      this.#awaySince ??= Date.now()
      log.error({ err: cause, revision }, 'etcd cannot be followed; the last configuration serves on')
    }
    this.#wake = new AbortController()
    const signal = AbortSignal.any([this.#stopped.signal, this.#wake.signal])
    await delay(backoffMs(this.#failures), undefined, { signal }).catch(() => {})
  }

  #recovered(): void {
    if (this.#failures > 1) this.#options.log.info({ revision: this.#mirror.revision }, 'etcd is followed again')
    this.#failures = 0
    this.#awaySince = undefined
  }

  #settle(): void {
    for (const check of this.#waiting) check()
  }
}
