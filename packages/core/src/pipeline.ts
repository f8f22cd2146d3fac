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

/** A plugin threw what is no error of the catalogue. */
export class PluginFault extends Error {
  readonly plugin: string

  constructor(plugin: string, cause: unknown) {
    super(`the plugin ${plugin} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.plugin = plugin
  }
}

/** How long plugins may take: rejects where one takes longer. */
export type WithinTime = <T>(plugin: string, work: Promise<T>) => Promise<T>

const unbounded: WithinTime = (_, work) => work

/** The order of plugins: by priority, highest first; the name decides between equal ones, so that no order of keys does. */
export function comparePriority(priority: number, name: string, otherPriority: number, otherName: string): number {
  return otherPriority - priority || (name < otherName ? -1 : 1)
}

/**
 * Runs the plugins that tell who asks, in their order; the first that throws refuses the request, and the last to find a
 * consumer counts. Undefined where there is no such plugin.
 *
 * @param consumers those that a plugin may know, by its name
 * @throws what a plugin refuses with, PluginRefusal, PluginFault, and what `within` rejects with
 */
export async function runAuthenticate(
  plugins: readonly PipelinePlugin[],
  ctx: RequestContext,
  consumers: (plugin: string) => Consumers,
  within: WithinTime = unbounded,
): Promise<Consumer | undefined> {
  let found: Consumer | undefined
  for (const plugin of plugins) {
    if (plugin.instance.authenticate === undefined || plugin.applies?.(ctx.request) === false) continue
    found = await run(plugin, within, () => plugin.instance.authenticate?.(ctx, consumers(plugin.name)))
  }
  return found
}

/** Runs the access phase of plugins in their order; the first that throws refuses the request. Throws as {@link runAuthenticate}. */
export async function runAccess(
  plugins: readonly PipelinePlugin[],
  ctx: RequestContext,
  within: WithinTime = unbounded,
): Promise<void> {
  for (const plugin of plugins) {
    if (plugin.instance.access === undefined || plugin.applies?.(ctx.request) === false) continue
    await run(plugin, within, () => plugin.instance.access?.(ctx))
  }
}

async function run<T>(plugin: PipelinePlugin, within: WithinTime, phase: () => T | Promise<T>): Promise<T> {
  const refuse = (error: unknown): never => {
    throw refusalOf(plugin, error)
  }
  let work: T | Promise<T>
  try {
    work = phase()
  } catch (error) {
    return refuse(error)
  }
  return isThenable(work) ? within(plugin.name, Promise.resolve(work).catch(refuse)) : work
}

/** Whether a value is waited for as a promise, of whatever library. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function refusalOf({ errorResponse, name }: PipelinePlugin, error: unknown): Error {
  if (!isSluiceError(error)) return new PluginFault(name, error)
  const mayAnswer = errorResponse !== undefined && (error.place.status ?? 500) >= 400
  return mayAnswer ? new PluginRefusal(errorResponse, error) : error
}
