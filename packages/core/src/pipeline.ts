import type { PluginInstance, RequestContext } from '@sluice/spi'

/** A plugin at work on a route. */
export interface PipelinePlugin {
  readonly name: string
  readonly instance: PluginInstance
}

/** Runs the access phase of a route's plugins in their order; the first that throws refuses the request. */
export async function runAccess(plugins: readonly PipelinePlugin[], ctx: RequestContext): Promise<void> {
  for (const { instance } of plugins) await instance.access?.(ctx)
}
