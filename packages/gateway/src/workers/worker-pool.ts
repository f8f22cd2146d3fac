import type { ConfigRevision, ConfigSnapshot } from '@sluice/core'
import type { ListenAddress } from '../config/listen-address.ts'
import { WorkerStartFailed } from '../errors.ts'
import type { ProgramLog } from '../log.ts'
import type { MetricFamily } from '../metric-families.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { WorkersReady } from '../start/plane-host.ts'
import { combineMetrics, type ProcessMetrics, totalsOf } from './combine-metrics.ts'
import type { ForkWorker, WorkerEnd } from './fork-worker.ts'
import type { WorkerSetup } from './messages.ts'
import { WorkerSlot } from './worker-slot.ts'

/** What a pool is made of. */
export interface WorkerPoolOptions {
  readonly count: number
  readonly fork: ForkWorker
  readonly setup: WorkerSetup
  readonly log: Pick<ProgramLog, 'info' | 'warn' | 'error'>
  readonly metrics: Pick<GatewayMetrics, 'metrics' | 'collect'>
  /** Of the newest revision. */
  snapshot(): Promise<ConfigSnapshot>
  /** The revision of the configuration before the first {@link WorkerPool.change}. */
  readonly revision: number
}

const scrapeMs = 2000
const checkMs = 5000
// Beyond the time that workers have for a drain themselves.
const drainGraceMs = 5000

/** The workers of a gateway. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #slots: readonly WorkerSlot[]
  readonly #addresses: ListenAddress[] = []
  readonly #waiting = new Set<() => void>()
  readonly #startFailed = Promise.withResolvers<never>()
  readonly #check: NodeJS.Timeout
  #revision: number
  #phase: 'starting' | 'serving' | 'ending' = 'starting'
  /** Of processes that have ended. */
  #totals: readonly MetricFamily[] = []
  #unscraped = 0

  /** Starts the processes; they listen nowhere yet. */
  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#revision = options.revision
    const { metrics } = options.metrics
    metrics.gauge('workers_ready', 'Workers that serve clients', {}, () => this.ready.ready)
    metrics.gauge('workers_unscraped', 'Workers that did not tell their metrics in time', {}, () => this.#unscraped)
    this.#slots = Array.from({ length: options.count }, (_, index) => this.#createSlot(index + 1))
    // Somebody may or may not wait for it.
    this.#startFailed.promise.catch(() => {})
    for (const slot of this.#slots) slot.start()
    this.#check = setInterval(() => {
      for (const slot of this.#slots) slot.check()
    }, checkMs)
    this.#check.unref()
  }

  get ready(): WorkersReady {
    return { ready: this.#slots.filter(({ serves }) => serves).length, of: this.#slots.length }
  }

  /** Passes a revision on to every worker. */
  change(revision: ConfigRevision): void {
    this.#revision = revision.revision
    for (const slot of this.#slots) slot.change(revision)
  }

  /**
   * Resolves once every worker listens on this address as well.
   *
   * @throws WORKER_START_FAILED where one ends before that, at the first address
   */
  async listen(address: ListenAddress): Promise<void> {
    this.#addresses.push(address)
    for (const slot of this.#slots) slot.listen(address)
    const listening = this.#until(() => this.#slots.every(({ serves }) => serves))
    await Promise.race([listening, this.#startFailed.promise])
    this.#phase = 'serving'
  }

  /** Resolves once every worker that clients reach serves a revision, or when those that do not were waited for long enough. */
  async served(revision: number, timeoutMs: number): Promise<void> {
    const late = () => this.#slots.filter((slot) => slot.isAwaited(revision))
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([this.#until(() => late().length === 0), promise])
    clearTimeout(timer)
    const workers = late().map(({ id }) => id)
    if (workers.length === 0) return
    for (const slot of late()) slot.setLate()
    this.#options.log.error({ revision, workers }, 'workers do not serve a change of the configuration yet')
  }

  /** The workers that clients reach and that do not serve the newest revision. */
  behind(): readonly number[] {
    return this.#slots.filter(({ isBehind }) => isBehind).map(({ id }) => id)
  }

  /** The metrics of all processes as those of one. */
  async collect(): Promise<readonly MetricFamily[]> {
    const scraped = await Promise.all(
      this.#slots.map(async (slot) => ({ slot, families: await slot.scrape(scrapeMs) })),
    )
    this.#unscraped = scraped.filter(({ families }) => families === undefined).length
    const processes = scraped.map(
      // What cannot be asked for is not guessed, but a total must not fall.
      ({ slot, families }): ProcessMetrics => ({
        worker: String(slot.id),
        families: families ?? totalsOf(slot.lastFamilies),
      }),
    )
    const main = { worker: 'main', families: await this.#options.metrics.collect() }
    return combineMetrics([main, ...processes, { worker: 'ended', families: this.#totals }])
  }

  /** Lets the clients of all workers go; resolves when the processes have ended. */
  async drain(timeoutMs: number): Promise<void> {
    this.#phase = 'ending'
    for (const slot of this.#slots) slot.drain(timeoutMs)
    const timer = setTimeout(() => this.#killAll(), timeoutMs + drainGraceMs)
    await this.#ended()
    clearTimeout(timer)
  }

  /** Ends all processes at once; may be called twice. */
  async close(): Promise<void> {
    this.#phase = 'ending'
    clearInterval(this.#check)
    this.#killAll()
    await this.#ended()
  }

  #createSlot(id: number): WorkerSlot {
    const { fork, setup, log, snapshot } = this.#options
    return new WorkerSlot(id, {
      fork,
      setup,
      log,
      snapshot,
      addresses: () => this.#addresses,
      revision: () => this.#revision,
      changed: () => {
        for (const look of this.#waiting) look()
      },
      ended: (reason, end, families) => this.#slotEnded(id, reason, end, families),
    })
  }

  #slotEnded(id: number, reason: string, end: WorkerEnd, families: readonly MetricFamily[]): boolean {
    const worker = 'ended'
    this.#totals = combineMetrics([
      { worker, families: this.#totals },
      { worker, families: totalsOf(families) },
    ])
    if (this.#phase === 'starting') {
      this.#startFailed.reject(new WorkerStartFailed(id, end.complaint || (end.signal ?? `exit code ${end.code}`)))
      return false
    }
    if (this.#phase === 'ending') return false
    this.#options.metrics.metrics
      .counter('worker_restarts_total', 'Workers that ended and were replaced', { reason })
      .add(1)
    return true
  }

  async #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (!isSo()) return
      this.#waiting.delete(look)
      resolve()
    }
    this.#waiting.add(look)
    await promise
  }

  #killAll(): void {
    for (const slot of this.#slots) slot.kill()
  }

  #ended(): Promise<void> {
    return this.#until(() => this.#slots.every(({ isRunning }) => !isRunning))
  }
}
