import type { EffectiveRoute, PipelinePlugin } from '@sluice/core'
import type { Log } from '@sluice/spi'

/** Closes the plugins of routes that were used, once their configuration is gone. */
export class PluginLifetimes {
  readonly #used = new Map<string, EffectiveRoute>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  /** Routes whose plugins are at work. */
  get routeIds(): Iterable<string> {
    return this.#used.keys()
  }

  /** Notes that a request runs through the plugins of a route. */
  use(route: EffectiveRoute): void {
    this.#used.set(route.id, route)
  }

  /** Closes the plugins of a route whose configuration is gone. */
  async close(id: string): Promise<void> {
    const route = this.#used.get(id)
    this.#used.delete(id)
    await this.#closeEach(route?.plugins ?? [], { route: id })
  }

  /** Closes plugins of global rules whose configuration is gone. */
  async closeGlobal(plugins: readonly PipelinePlugin[]): Promise<void> {
    await this.#closeEach(plugins, {})
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#used.keys()].map((id) => this.close(id)))
  }

  async #closeEach(plugins: readonly PipelinePlugin[], where: object): Promise<void> {
    for (const { instance, name } of plugins) {
      try {
        await instance.close?.()
      } catch (error) {
        this.#log.error({ err: error, ...where, plugin: name }, 'a plugin did not close cleanly')
      }
    }
  }
}
