import { setTimeout as delay } from 'node:timers/promises'
import { type RunningProcess, startProcess } from '../process.ts'
import { requireTool } from '../tools.ts'
import { askEtcd } from './etcd-http.ts'

/** One member of a cluster, which keeps its ports and its folder over restarts. */
export class EtcdNode {
  /** Where its clients connect. */
  readonly url: string
  readonly #args: readonly string[]
  readonly #healthUrl: string
  #running: RunningProcess | undefined

  constructor(url: string, healthUrl: string, args: readonly string[]) {
    this.url = url
    this.#healthUrl = healthUrl
    this.#args = args
  }

  /** Starts its process, at once if it does not run; it may not serve yet. */
  async launch(): Promise<void> {
    this.#running ??= await startProcess(requireTool('etcd').path, this.#args)
  }

  /** Starts it and waits until it serves, which takes a leader. */
  async start(): Promise<void> {
    await this.launch()
    await this.serves()
  }

  /** Resolves once it serves reads that all agree on. */
  async serves(): Promise<void> {
    const running = this.#running
    const died = running?.exited.then(({ code }) => {
      throw new Error(`etcd ended with code ${code}: ${running.output.slice(-4000)}`)
    })
    await Promise.race([this.#isHealthy(), died])
  }

  async #isHealthy(): Promise<void> {
    for (;;) {
      const { health } = await askEtcd({ url: `${this.#healthUrl}/health` }).catch(() => ({ health: undefined }))
      if (health === 'true') return
      await delay(20)
    }
  }

  /** Ends it, with SIGTERM by default; what it acknowledged stays. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#running?.kill('SIGCONT')
    this.#running?.kill(signal)
    await this.#running?.exited
    this.#running = undefined
  }

  /** It keeps its connections and answers nothing until `resume`. */
  pause(): void {
    this.#running?.kill('SIGSTOP')
  }

  resume(): void {
    this.#running?.kill('SIGCONT')
  }
}
