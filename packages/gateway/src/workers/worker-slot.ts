import type { ConfigRevision, ConfigSnapshot } from '@sluice/core'
import type { ListenAddress } from '../config/listen-address.ts'
import type { ProgramLog } from '../log.ts'
import type { MetricFamily } from '../metric-families.ts'
import type { ForkWorker, WorkerEnd, WorkerProcess } from './fork-worker.ts'
import type { FromWorker, WorkerSetup } from './messages.ts'
import { healthyMs, restartDelay } from './restart-delay.ts'
import { WorkerScrapes } from './worker-scrapes.ts'

/** What the place of a worker is made of. */
export interface SlotOptions {
  readonly fork: ForkWorker
  readonly setup: WorkerSetup
  readonly log: Pick<ProgramLog, 'info' | 'warn' | 'error'>
  snapshot(): Promise<ConfigSnapshot>
  /** Where every worker listens by now. */
  addresses(): readonly ListenAddress[]
  /** The newest revision that workers were told of. */
  revision(): number
  /** Told whenever something changed that others may wait for. */
  changed(): void
  /** Told that its process ended, with the last totals of its metrics; says whether another one is to take its place. */
  ended(reason: string, end: WorkerEnd, families: readonly MetricFamily[]): boolean
}

// Looks without an answer, of which there is one each five seconds; a worker that starts loads its modules first.
const mostSilentLooks = 6
const mostSilentStart = 24

/** The place of one worker: its process, and the next one when that has ended. */
export class WorkerSlot {
  readonly id: number
  readonly #options: SlotOptions
  #process: WorkerProcess | undefined
  /** Whether changes are passed on: from the snapshot on. */
  #isFed = false
  /** The revision that it serves. */
  #applied = 0
  #listeners = 0
  #isLate = false
  #failures = 0
  #loadedAt: number | undefined
  /** Looks since a sign of life was asked for; undefined where none is awaited. */
  #silentLooks: number | undefined
  #isHung = false
  #failure: string | undefined
  #restart: NodeJS.Timeout | undefined
  #scrapes = new WorkerScrapes()

  constructor(id: number, options: SlotOptions) {
    this.id = id
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Whether clients may reach it. */
  get serves(): boolean {
    return this.#isLoaded && this.#listeners > 0 && this.#listeners === this.#options.addresses().length
  }

  /** Whether a write has to wait for this worker: it may have clients, and is not known to be late. */
  isAwaited(revision: number): boolean {
    return this.#isLoaded && !this.#isLate && this.#applied < revision
  }

  /** Whether it may have clients and does not serve the newest revision. */
  get isBehind(): boolean {
    return this.#isLoaded && this.#applied < this.#options.revision()
  }

  /** Whether it has the configuration, so that it listens or is about to. */
  get #isLoaded(): boolean {
    return this.#loadedAt !== undefined
  }

  start(): void {
    this.#restart = undefined
    this.#silentLooks = 0
    const process = this.#options.fork(this.id, {
      message: (message) => this.#receive(message),
      ended: (end) => this.#end(end),
    })
    this.#process = process
    this.#feed(process, (snapshot) => {
      process.send({ kind: 'start', worker: this.id, setup: this.#options.setup, snapshot })
      this.#isFed = true
    })
  }

  /** Passes on the next revision. */
  change(revision: ConfigRevision): void {
    if (this.#isFed) this.#process?.send({ kind: 'change', revision })
  }

  /** Tells it to listen on one more address; one that is not ready yet gets all of them later. */
  listen(address: ListenAddress): void {
    if (this.#isLoaded) this.#process?.send({ kind: 'listen', addresses: [address] })
  }

  /** From now on nobody waits for it until it serves the newest revision again. */
  setLate(): void {
    this.#isLate = true
  }

  /** To be called each five seconds: asks for a sign of life, and ends a worker that has given none for long. */
  check(): void {
    if (this.#process === undefined) return
    if (this.#silentLooks === undefined) {
      this.#silentLooks = 0
      this.#process.send({ kind: 'ping', revision: this.#options.revision() })
      return
    }
    this.#silentLooks++
    if (this.#silentLooks < (this.#isLoaded ? mostSilentLooks : mostSilentStart)) return
    this.#isHung = true
    this.#process.kill()
  }

  /** Its metrics, or undefined where it does not give them in time. */
  scrape(timeoutMs: number): Promise<readonly MetricFamily[] | undefined> {
    const process = this.#process
    if (process === undefined || !this.#isLoaded) return Promise.resolve(undefined)
    return this.#scrapes.ask((scrape) => process.send({ kind: 'scrape', scrape }), timeoutMs)
  }

  /** The totals of its process when it was last asked. */
  get lastFamilies(): readonly MetricFamily[] {
    return this.#scrapes.last
  }

  /** Lets its clients go; one that does not serve yet is ended. */
  drain(timeoutMs: number): void {
    clearTimeout(this.#restart)
    if (this.serves) this.#process?.send({ kind: 'drain', timeoutMs })
    else this.kill()
  }

  kill(): void {
    clearTimeout(this.#restart)
    this.#process?.kill()
  }

  #feed(process: WorkerProcess, send: (snapshot: ConfigSnapshot) => void): void {
    this.#newest().then(
      (snapshot) => {
        if (this.#process === process) send(snapshot)
      },
      (error: unknown) => {
        this.#options.log.error({ about: this.id, err: error }, 'there is no configuration for a worker')
        process.kill()
      },
    )
  }

  /** A snapshot that has every revision that was passed on while it was taken: this worker did not get those. */
  async #newest(): Promise<ConfigSnapshot> {
    let snapshot = await this.#options.snapshot()
    while (snapshot.revision < this.#options.revision()) snapshot = await this.#options.snapshot()
    return snapshot
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'applied':
        this.#receiveApplied(message.revision)
        break
      case 'behind':
        this.#resend()
        break
      case 'listening':
        this.#listeners = message.listeners
        break
      case 'metrics':
        this.#scrapes.answer(message.scrape, message.families)
        return
      case 'pong':
        this.#silentLooks = undefined
        return
      case 'failed':
        this.#failure = message.message
        return
    }
    this.#options.changed()
  }

  #receiveApplied(revision: number): void {
    const isFirst = this.#loadedAt === undefined
    this.#applied = revision
    if (isFirst) {
      this.#loadedAt = performance.now()
      this.#silentLooks = undefined
      // Changes that were sent before this are served before it listens; those after it are waited for.
      const addresses = this.#options.addresses()
      if (addresses.length > 0) this.#process?.send({ kind: 'listen', addresses })
    }
    if (this.#isLate && !this.isBehind) {
      this.#isLate = false
      this.#options.log.info({ about: this.id, revision }, 'a worker serves the newest configuration again')
    }
  }

  #resend(): void {
    this.#options.log.warn({ about: this.id }, 'a worker missed a change of the configuration and gets all of it')
    const process = this.#process
    if (process !== undefined) this.#feed(process, (snapshot) => process.send({ kind: 'snapshot', snapshot }))
  }

  #end(end: WorkerEnd): void {
    const livedMs = this.#loadedAt === undefined ? 0 : performance.now() - this.#loadedAt
    const reason = this.#isHung ? 'hung' : this.#failure !== undefined ? 'failed' : (end.signal ?? 'exit')
    const complaint = this.#failure ?? end.complaint
    const families = this.#scrapes.last
    this.#forget()
    const isReplaced = this.#options.ended(reason, { ...end, complaint }, families)
    if (isReplaced) {
      this.#failures = livedMs >= healthyMs ? 1 : this.#failures + 1
      const retryMs = restartDelay(this.#failures)
      const { code, signal } = end
      this.#options.log.error(
        { about: this.id, reason, code, signal, complaint, livedMs: Math.round(livedMs), retryMs },
        'a worker ended: its clients are cut off, and another one takes its place',
      )
      this.#restart = setTimeout(() => this.start(), retryMs)
    }
    this.#options.changed()
  }

  #forget(): void {
    this.#process = undefined
    this.#isFed = false
    this.#applied = 0
    this.#listeners = 0
    this.#isLate = false
    this.#loadedAt = undefined
    this.#silentLooks = undefined
    this.#isHung = false
    this.#failure = undefined
    this.#scrapes.end()
    this.#scrapes = new WorkerScrapes()
  }
}
