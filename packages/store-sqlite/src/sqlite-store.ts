import type { Worker } from 'node:worker_threads'
import {
  type Clock,
  type ConfigCompare,
  type ConfigEntry,
  type ConfigRevision,
  type ConfigSnapshot,
  type ConfigStore,
  type ConfigTransactionResult,
  type ConfigWrite,
  StoreClosedError,
  StoreRevisionGoneError,
} from '@sluice/core'
import { StoreCorruptError, StoreFailedError, StoreForeignError, StoreLockedError, StoreTooNewError } from './errors.ts'
import type {
  RawEntry,
  RawRevision,
  RawWrite,
  StoreCall,
  StoreFault,
  StoreReply,
  StoreRequest,
  StoreResult,
} from './protocol.ts'

/** setTimeout takes no longer delay. */
const longestDelay = 2 ** 31 - 1

interface PendingCall {
  readonly resolve: (result: StoreResult) => void
  readonly reject: (error: Error) => void
}

type Listener = (revision: ConfigRevision) => void

/** The handle of a store whose database is in a worker: one message for each call, answered in their order. */
export class SqliteStore implements ConfigStore {
  readonly #file: string
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #onListenerError: (error: unknown) => void
  readonly #exited: Promise<void>
  readonly #pending = new Map<number, PendingCall>()
  readonly #listeners = new Set<Listener>()
  #lastId = 0
  #ended: Error | undefined
  #cancelExpiry = () => {}

  constructor(file: string, worker: Worker, clock: Clock, onListenerError: (error: unknown) => void) {
    this.#file = file
    this.#worker = worker
    this.#clock = clock
    this.#onListenerError = onListenerError
    worker.on('message', (reply: StoreReply) => this.#receive(reply))
    worker.on('error', (cause) => this.#end(new StoreFailedError(file, `its thread ended: ${cause}`, { cause })))
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#end(new StoreFailedError(file, 'its thread ended'))
        resolve()
      })
    })
  }

  /** Resolves once the database is open. */
  async opened(): Promise<void> {
    await this.#wait(0)
  }

  async get(key: string): Promise<ConfigEntry | undefined> {
    const [entry] = (await this.#call({ kind: 'get', key })).entries
    return entry && parseEntry(entry)
  }

  async list(prefix: string): Promise<ConfigSnapshot> {
    const { revision, entries } = await this.#call({ kind: 'list', prefix })
    return { revision, entries: entries.map(parseEntry) }
  }

  snapshot(): Promise<ConfigSnapshot> {
    return this.list('/')
  }

  async transact(compares: readonly ConfigCompare[], writes: readonly ConfigWrite[]): Promise<ConfigTransactionResult> {
    const result = await this.#call({ kind: 'transact', compares, writes: writes.map(toRawWrite) })
    const { committed, revision, log } = result
    if (!committed) return { committed, revision }
    return { committed, revision, changes: log.flatMap((own) => parseRevision(own).changes) }
  }

  async watch(revision: number, listener: Listener): Promise<() => void> {
    // A wrapper, so that one function may watch twice.
    const wrapped: Listener = (next) => listener(next)
    await this.#call({ kind: 'log', after: revision }, ({ log }) => {
      // In the turn of the reply: a revision made later comes in a later message.
      for (const missed of log) this.#tell(wrapped, parseRevision(missed))
      this.#listeners.add(wrapped)
    })
    return () => {
      this.#listeners.delete(wrapped)
    }
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = new StoreClosedError()
      this.#cancelExpiry()
      this.#listeners.clear()
      this.#post({ id: ++this.#lastId, close: true })
    }
    await this.#exited
  }

  async #call(call: StoreCall, then?: (result: StoreResult) => void): Promise<StoreResult> {
    if (this.#ended !== undefined) throw this.#ended
    const id = ++this.#lastId
    this.#post({ id, now: this.#clock.now(), call })
    return this.#wait(id, then)
  }

  #wait(id: number, then?: (result: StoreResult) => void): Promise<StoreResult> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        reject,
        resolve: (result) => {
          then?.(result)
          resolve(result)
        },
      })
    })
  }

  #post(request: StoreRequest): void {
    this.#worker.postMessage(request)
  }

  #receive(reply: StoreReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('fault' in reply) {
      pending?.reject(this.#toError(reply.fault))
      return
    }
    for (const revision of reply.result.made.map(parseRevision)) {
      for (const listener of this.#listeners) this.#tell(listener, revision)
    }
    this.#scheduleExpiry(reply.result.nextExpiry)
    pending?.resolve(reply.result)
  }

  #tell(listener: Listener, revision: ConfigRevision): void {
    try {
      listener(revision)
    } catch (error) {
      this.#onListenerError(error)
    }
  }

  #scheduleExpiry(at: number | undefined): void {
    this.#cancelExpiry()
    if (at === undefined || this.#ended !== undefined) return
    const delay = Math.min(Math.max(at - this.#clock.now(), 0), longestDelay)
    this.#cancelExpiry = this.#clock.after(delay, () => {
      // What is wrong with the store is told by the next call that someone waits for.
      this.#call({ kind: 'expire' }).catch(() => {})
    })
  }

  #toError({ kind, detail }: StoreFault): Error {
    const file = this.#file
    switch (kind) {
      case 'corrupt':
        return new StoreCorruptError(file, detail)
      case 'locked':
        return new StoreLockedError(file)
      case 'too_new':
        return new StoreTooNewError(file, detail)
      case 'foreign':
        return new StoreForeignError(file)
      case 'failed':
        return new StoreFailedError(file, detail)
      case 'revision_gone':
        return new StoreRevisionGoneError(detail)
    }
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#cancelExpiry()
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

function toRawWrite(write: ConfigWrite): RawWrite {
  if (write.kind === 'delete') return { key: write.key }
  const { key, ttlSeconds } = write
  return { key, value: JSON.stringify(write.value), ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }
}

function parseEntry(entry: RawEntry): ConfigEntry {
  return { ...entry, value: JSON.parse(entry.value) }
}

function parseRevision({ revision, changes }: RawRevision): ConfigRevision {
  return {
    revision,
    changes: changes.map(({ key, entry }) => (entry === undefined ? { key } : { key, entry: parseEntry(entry) })),
  }
}
