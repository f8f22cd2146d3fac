import type { Consumer, Consumers } from '@sluice/spi'
import type { ConfigChange, ConfigEntry } from '../config-store.ts'
import { ConsumerGroupMissingError, ConsumerKeyTwiceError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { canonicalJson, idOf, mapPaths, objectOf, stringOf } from '../json-fields.ts'
import { PersistentMap } from '../persistent-map.ts'
import type { RouteTools } from '../route-tools.ts'
import { resolveReferences } from '../secrets/resolve-reference.ts'
import { type ConsumerPlace, consumerPlace, keyDigest } from './consumer-key.ts'
import { buildLayer, type PluginLayer } from './plugin-layer.ts'

/** A consumer with all that its requests depend on. */
export interface ConsumerIdentity {
  readonly consumer: Consumer
  /** The stored consumer, its group and the credential by which it was found, as far as there are such. */
  readonly entries: readonly ConfigEntry[]
  /** Of its group and its own, in this order. */
  readonly layers: readonly PluginLayer[]
}

/** Whose a value is that tells consumers apart, and what else it holds for the plugin. */
interface Holder extends ConsumerPlace {
  readonly config: JsonObject
}

interface Stored {
  readonly entry: ConfigEntry
  /** Digests of the values that lead here. */
  readonly digests: readonly string[]
}

interface TableState {
  /** Consumers and credentials, by their keys. */
  readonly stored: PersistentMap<Stored>
  readonly holders: PersistentMap<Holder>
  readonly groups: PersistentMap<ConfigEntry>
}

/** Layers by what they were built of, so that all versions of a table share them. */
type LayerMemo = WeakMap<ConfigEntry, PluginLayer>

/**
 * The consumers, their credentials and groups at one revision, immutable as the route table that it is a part of: a change
 * costs what it changes, and a look-up does not depend on how many there are.
 */
export class ConsumerTable {
  readonly #state: TableState
  readonly #tools: RouteTools
  readonly #layers: LayerMemo

  private constructor(state: TableState, tools: RouteTools, layers: LayerMemo) {
    this.#state = state
    this.#tools = tools
    this.#layers = layers
  }

  static create(tools: RouteTools): ConsumerTable {
    const state: TableState = {
      stored: PersistentMap.empty(),
      holders: PersistentMap.empty(),
      groups: PersistentMap.empty(),
    }
    return new ConsumerTable(state, tools, new WeakMap())
  }

  /** Keys of all that is stored here. */
  keys(): readonly string[] {
    const groups = Array.from(this.#state.groups.entries(), ([id]) => `${groupPrefix}${id}`)
    return [...Array.from(this.#state.stored.entries(), ([key]) => key), ...groups]
  }

  /** The table after a change; the same one where that is about something else. */
  with({ key, entry }: ConfigChange): ConsumerTable {
    const place = consumerPlace(key)
    if (place !== undefined) return this.#next(this.#changed(key, place, entry))
    if (!key.startsWith(groupPrefix)) return this
    const id = key.slice(groupPrefix.length)
    const { groups } = this.#state
    return this.#next({ ...this.#state, groups: entry === undefined ? groups.without(id) : groups.with(id, entry) })
  }

  /** The consumers that a plugin may know. */
  for(plugin: string): Consumers {
    return {
      find: (value) => {
        const holder = this.#state.holders.get(keyDigest(plugin, value))
        const consumer = holder && this.#consumer(holder)
        return holder && consumer && { consumer, config: holder.config }
      },
      named: (username) => this.#consumer({ username }),
    }
  }

  /**
   * All that the requests of a consumer depend on; undefined where it has gone meanwhile. Its plugins are built when this is
   * first asked.
   *
   * @throws CONSUMER_GROUP_MISSING, and what the configuration of a plugin is at fault with
   */
  identify({ username, credentialId }: Consumer): ConsumerIdentity | undefined {
    const consumer = this.#consumer(credentialId === undefined ? { username } : { username, credentialId })
    const own = this.#entry({ username })
    if (consumer === undefined || own === undefined) return undefined
    const credential = credentialId === undefined ? undefined : this.#entry({ username, credentialId })
    const group = consumer.groupId === undefined ? undefined : this.#state.groups.get(consumer.groupId)
    if (consumer.groupId !== undefined && group === undefined)
      throw new ConsumerGroupMissingError(username, consumer.groupId)
    const layered = group === undefined ? [own] : [group, own]
    return {
      consumer,
      entries: credential === undefined ? layered : [...layered, credential],
      layers: layered.map((entry) => this.#layer(entry)),
    }
  }

  /** Whether all that a consumer's requests depend on is as it was; descriptions, labels and times do not count. */
  isCurrent({ entries }: ConsumerIdentity): boolean {
    return entries.every((entry) => {
      const now = this.#at(entry.key)
      return now === entry || (now !== undefined && canonicalJson(counted(now)) === canonicalJson(counted(entry)))
    })
  }

  /** Whether the layer is one of this table. */
  hasLayer({ entry }: PluginLayer): boolean {
    return this.#at(entry.key) === entry
  }

  #next(state: TableState): ConsumerTable {
    return new ConsumerTable(state, this.#tools, this.#layers)
  }

  #at(key: string): ConfigEntry | undefined {
    if (key.startsWith(groupPrefix)) return this.#state.groups.get(key.slice(groupPrefix.length))
    return this.#state.stored.get(key)?.entry
  }

  #entry({ username, credentialId }: ConsumerPlace): ConfigEntry | undefined {
    const key = `/consumers/${username}`
    return this.#state.stored.get(credentialId === undefined ? key : `${key}/credentials/${credentialId}`)?.entry
  }

  /** Undefined where the consumer, or the credential, is not there: one is stored without the other behind the API's back. */
  #consumer(place: ConsumerPlace): Consumer | undefined {
    const { username, credentialId } = place
    const owner = this.#entry({ username })
    if (owner === undefined || this.#entry(place) === undefined) return undefined
    const groupId = idOf(owner.value.group_id)
    return {
      username,
      ...(groupId === undefined ? {} : { groupId }),
      ...(credentialId === undefined ? {} : { credentialId }),
    }
  }

  #layer(entry: ConfigEntry): PluginLayer {
    const known = this.#layers.get(entry)
    if (known !== undefined) return known
    const layer = buildLayer(entry, this.#tools)
    this.#layers.set(entry, layer)
    return layer
  }

  #changed(key: string, place: ConsumerPlace, entry: ConfigEntry | undefined): TableState {
    const { stored } = this.#state
    let { holders } = this.#state
    for (const digest of stored.get(key)?.digests ?? []) holders = holders.without(digest)
    if (entry === undefined) return { ...this.#state, holders, stored: stored.without(key) }
    const digests: string[] = []
    for (const [plugin, digest, config] of this.#keysOf(entry)) {
      if (holders.has(digest)) this.#tools.onProblem(key, new ConsumerKeyTwiceError(key, plugin))
      else {
        holders = holders.with(digest, { ...place, config })
        digests.push(digest)
      }
    }
    return { ...this.#state, holders, stored: stored.with(key, { entry, digests }) }
  }

  /** For each plugin of authentication: its name, the digest of the value that tells consumers apart, what is held for it. */
  #keysOf(entry: ConfigEntry): readonly (readonly [string, string, JsonObject])[] {
    const { defaults, decrypt, onProblem, registry, resolve } = this.#tools
    return Object.entries(objectOf(entry.value.plugins) ?? {}).flatMap(([name, config]) => {
      const part = registry.plugins.get(name)?.consumer
      if (part === undefined) return []
      try {
        const open = resolveReferences(mapPaths(objectOf(config) ?? {}, part.secrets, decrypt), resolve)
        const checked = defaults.consumer(name, open)
        const value = stringOf(checked[part.key])
        return value === undefined ? [] : [[name, keyDigest(name, value), checked] as const]
      } catch (cause) {
        onProblem(entry.key, cause instanceof Error ? cause : new Error(String(cause)))
        return []
      }
    })
  }
}

const groupPrefix = '/consumer_groups/'

function counted({ value }: ConfigEntry): JsonObject {
  return { plugins: value.plugins ?? {}, group_id: value.group_id ?? null }
}
