import type { Static, TObject } from 'typebox'
import type { RequestContext } from './context.ts'

/** One configured plugin on one route. Built without side effects; `close` is called when the configuration is gone. */
export interface PluginInstance {
  /** Before a WebSocket is accepted or a request answered; throws an error of the catalogue to refuse. */
  access?(ctx: RequestContext): void | Promise<void>
  close?(): void | Promise<void>
}

/** What an author writes; see docs/plugins for those that ship. */
export interface PluginDefinition<Config extends TObject = TObject> {
  /** The key below `plugins` in a route. */
  readonly name: string
  /** Order within a phase, highest first, on APISIX's scale (docs/design.md). */
  readonly priority: number
  /** The JSON Schema of the configuration, which is also its type and its documentation. */
  readonly config: Config
  /** Dotted paths of the fields that are encrypted at rest, e.g. `sasl.password`. */
  readonly secrets: readonly string[]
  /** Builds the instance of one route from a checked configuration with its defaults filled in; opens nothing. */
  create(config: Static<Config>): PluginInstance
}

/** A plugin as the gateway holds it: the type of the configuration is known only to the plugin. */
export interface Plugin {
  readonly kind: 'plugin'
  readonly name: string
  readonly priority: number
  readonly config: TObject
  readonly secrets: readonly string[]
  create(config: unknown): PluginInstance
}

/** Makes a plugin of its definition; the default export of a plugin package. */
export function definePlugin<Config extends TObject>(definition: PluginDefinition<Config>): Plugin {
  return {
    kind: 'plugin',
    name: definition.name,
    priority: definition.priority,
    config: definition.config,
    secrets: definition.secrets,
    // The gateway has checked the configuration against `definition.config` before.
    create: (config) => definition.create(config as Static<Config>),
  }
}

/** Whether the default export of a package is a plugin. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'plugin'
}
