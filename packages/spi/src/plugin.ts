import type { Static, TObject } from 'typebox'
import type { Consumer, Consumers } from './consumer.ts'
import type { ContextValues, RequestContext } from './context.ts'
import type { MessageHooks } from './message-hooks.ts'
import { spiVersion } from './version.ts'

/** One configured plugin on one route. Built without side effects; `close` is called when the configuration is gone. @public */
export interface PluginInstance {
  /**
   * Tells which consumer asks, or throws an error of the catalogue to refuse. Runs before the `access` of every plugin of the
   * route, so that those of the consumer can run among them; only for plugins with `consumer`.
   */
  authenticate?(ctx: RequestContext, consumers: Consumers): Consumer | Promise<Consumer>
  /** Before a WebSocket is accepted or a request answered; throws an error of the catalogue to refuse. */
  access?(ctx: RequestContext): void | Promise<void>
  /**
   * Leaves for the scheme what the way to the upstream needs, the same for whoever asks; runs in place of `access` where an
   * operator has the upstream tested, without a client.
   */
  prepare?(values: ContextValues): void
  /**
   * Called once for each WebSocket that is accepted, before any of its messages: gives the hooks that see them, for pub/sub
   * schemes, or nothing. Throws an error of the catalogue with a `close` to end the socket.
   */
  messages?(ctx: RequestContext): MessageHooks | undefined
  /** Called once, when its configuration is gone; a request that began before may still be at work. */
  close?(): void | Promise<void>
}

/** What consumers and credentials hold for a plugin that tells who asks. @public */
export interface ConsumerPart {
  /** The JSON Schema of what one consumer holds, e.g. its key. */
  readonly config: TObject
  /** Dotted paths of the fields that are encrypted at rest. */
  readonly secrets: readonly string[]
  /** The field that tells consumers apart; no two may have the same value in it. */
  readonly key: string
}

/** What an author writes; see docs/plugins for those that ship. @public */
export interface PluginDefinition<Config extends TObject = TObject> {
  /** The key below `plugins` in a route. */
  readonly name: string
  /** Order within a phase, highest first, on APISIX's scale (docs/design.md). */
  readonly priority: number
  /** The JSON Schema of the configuration, which is also its type and its documentation. */
  readonly config: Config
  /** Dotted paths of the fields that are encrypted at rest, e.g. `sasl.password`. */
  readonly secrets: readonly string[]
  /** For a plugin that tells which consumer asks (APISIX's type `auth`); it may then stand in credentials. */
  readonly consumer?: ConsumerPart
  /** The JSON Schema of its `plugin_metadata`, which all its uses share. */
  readonly metadata?: TObject
  /** Shown to those who ask for the list of plugins; `0.1` by default. */
  readonly version?: string
  /** Builds the instance of one route from a checked configuration with its defaults filled in; opens nothing. */
  create(config: Static<Config>): PluginInstance
}

/** A plugin as the gateway holds it: the type of the configuration is known only to the plugin. @public */
export interface Plugin {
  /** Tells a plugin from a scheme. */
  readonly kind: 'plugin'
  /** {@link spiVersion} of the copy of this package that made it. */
  readonly spi: string
  /** As {@link PluginDefinition.name}. */
  readonly name: string
  /** As {@link PluginDefinition.priority}. */
  readonly priority: number
  /** As {@link PluginDefinition.config}. */
  readonly config: TObject
  /** As {@link PluginDefinition.secrets}. */
  readonly secrets: readonly string[]
  /** As {@link PluginDefinition.consumer}. */
  readonly consumer?: ConsumerPart
  /** As {@link PluginDefinition.metadata}. */
  readonly metadata?: TObject
  /** As {@link PluginDefinition.version}. */
  readonly version: string
  /** As {@link PluginDefinition.create}, with a configuration that was checked. */
  create(config: unknown): PluginInstance
}

/** Makes a plugin of its definition; the default export of a plugin package. @public */
export function definePlugin<Config extends TObject>(definition: PluginDefinition<Config>): Plugin {
  return {
    kind: 'plugin',
    spi: spiVersion,
    name: definition.name,
    priority: definition.priority,
    config: definition.config,
    secrets: definition.secrets,
    ...(definition.consumer && { consumer: definition.consumer }),
    ...(definition.metadata && { metadata: definition.metadata }),
    version: definition.version ?? '0.1',
    // The gateway has checked the configuration against `definition.config` before.
    create: (config) => definition.create(config as Static<Config>),
  }
}

/** Whether the default export of a package is a plugin. @public */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'plugin'
}
