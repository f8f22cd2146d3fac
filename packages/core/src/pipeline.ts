import {
  type Consumer,
  type Consumers,
  type GatewayRequest,
  isSluiceError,
  type PluginInstance,
  type RequestContext,
  type SluiceError,
} from '@sluice/spi'
import type { Json } from './json.ts'

/** A plugin at work on a route. */
export interface PipelinePlugin {
  readonly name: string
  readonly priority: number
  readonly instance: PluginInstance
  /** `_meta.filter`: whether the plugin runs for a request; for every one where absent. */
  readonly applies?: (request: GatewayRequest) => boolean
  /** `_meta.error_response`: the body of the answer where the plugin refuses a request. */
  readonly errorResponse?: Json
}

/** A request that a plugin refused which has an answer of its own for that. `cause` is the refusal. */
export class PluginRefusal extends Error {
  readonly body: Json
  override readonly cause: SluiceError

  constructor(body: Json, cause: SluiceError) {
    super(cause.message)
    this.body = body
    this.cause = cause
  }
}

/** The order of plugins: by priority, highest first; the name decides between equal ones, so that no order of keys does. */
export function comparePriority(priority: number, name: string, otherPriority: number, otherName: string): number {
  return otherPriority - priority || (name < otherName ? -1 : 1)
}

/**
 * Runs the plugins that tell who asks, in their order; the first that throws refuses the request, and the last to find a
 * consumer counts. Undefined where there is no such plugin.
 *
 * @param consumers those that a plugin may know, by its name
 */
export async function runAuthenticate(
  plugins: readonly PipelinePlugin[],
  ctx: RequestContext,
  consumers: (plugin: string) => Consumers,
): Promise<Consumer | undefined> {
  let found: Consumer | undefined
  for (const plugin of plugins) {
    if (plugin.instance.authenticate === undefined || plugin.applies?.(ctx.request) === false) continue
    try {
      found = await plugin.instance.authenticate(ctx, consumers(plugin.name))
    } catch (error) {
      throw refusalOf(plugin, error)
    }
  }
  return found
}

/** Runs the access phase of plugins in their order; the first that throws refuses the request. */
export async function runAccess(plugins: readonly PipelinePlugin[], ctx: RequestContext): Promise<void> {
  for (const plugin of plugins) {
    if (plugin.instance.access === undefined || plugin.applies?.(ctx.request) === false) continue
    try {
      await plugin.instance.access(ctx)
    } catch (error) {
      throw refusalOf(plugin, error)
    }
  }
}

function refusalOf({ errorResponse }: PipelinePlugin, error: unknown): unknown {
  const mayAnswer = errorResponse !== undefined && isSluiceError(error) && (error.place.status ?? 500) >= 400
  return mayAnswer ? new PluginRefusal(errorResponse, error) : error
}
