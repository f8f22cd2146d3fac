import type { Socket } from 'node:net'
import type { SluiceError } from '@sluice/spi'
import { PluginTimedOut } from './errors.ts'

/** A plugin was not done in time. */
export class PluginTooLate extends Error {
  readonly plugin: string
  override readonly cause: SluiceError

  constructor(plugin: string, cause: SluiceError) {
    super(cause.message)
    this.plugin = plugin
    this.cause = cause
  }
}

/** How long the plugins of one request may take, all together. */
export class PluginDeadline {
  readonly #ms: number
  readonly #end: number
  readonly #socket: Socket
  #controller: AbortController | undefined
  #isOver = false

  /** @param ms from now */
  constructor(ms: number, socket: Socket) {
    this.#ms = ms
    this.#end = performance.now() + ms
    this.#socket = socket
  }

  /** Made only if a plugin asks: a signal costs more than the rest of a small plugin. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (!this.#isOver) this.#socket.once('close', this.#onGone)
    }
    return this.#controller.signal
  }

  /** @throws PluginTooLate, with PLUGIN_TIMED_OUT as its cause */
  async within<T>(plugin: string, work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const error = new PluginTimedOut(plugin, this.#ms)
      this.#controller?.abort(error)
      late.reject(new PluginTooLate(plugin, error))
    }, this.#end - performance.now())
    try {
      return await Promise.race([work, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The plugins are done: nothing aborts the signal any more. */
  over(): void {
    this.#isOver = true
    this.#socket.off('close', this.#onGone)
  }

  readonly #onGone = (): void => this.#controller?.abort(new Error('the client is gone'))
}
