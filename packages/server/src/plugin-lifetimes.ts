import type { EffectiveRoute, PipelinePlugin, PluginLayer } from '@sluice/core'
import type { Log } from '@sluice/spi'

/** Closes the plugins of routes, consumers and groups that were used, once their configuration is gone. */
export class PluginLifetimes {
  readonly #used = new Map<string, EffectiveRoute>()
  readonly #layers = new Set<PluginLayer>()
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

  /** Notes that a request runs through the plugins of a consumer and its group. */
  useLayers(layers: readonly PluginLayer[]): void {
    for (const layer of layers) if (layer.plugins.size > 0) this.#layers.add(layer)
  }

  /** Closes the plugins of consumers and groups whose configuration is gone. */
  async closeLayers(isGone: (layer: PluginLayer) => boolean): Promise<void> {
    const gone = [...this.#layers].filter(isGone)
    for (const layer of gone) this.#layers.delete(layer)
    for (const { entry, plugins } of gone) {
      const built = [...plugins.values()].filter((plugin) => plugin !== undefined)
      await this.#closeEach(built, { key: entry.key })
    }
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
    await Promise.all([...[...this.#used.keys()].map((id) => this.close(id)), this.closeLayers(() => true)])
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
