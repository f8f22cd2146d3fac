import {
  authKeys,
  type ConfigEntry,
  type ConfigStore,
  type JsonObject,
  pluginsOf,
  type Registry,
  type ResourceType,
} from '@sluice/core'
import { DuplicateError } from './errors.ts'
import { listDirect } from './references.ts'
import type { Secrets } from './secrets.ts'

/** What looking for duplicates needs. */
interface UniqueTools {
  readonly store: ConfigStore
  readonly registry: Registry
  readonly secrets: Secrets
}

/** @throws DuplicateError where another resource has what only one may have: a key that tells who asks, a global plugin */
export async function checkUnique(
  tools: UniqueTools,
  type: ResourceType,
  key: string,
  value: JsonObject,
): Promise<void> {
  if (type.hasUniquePlugins) await checkUniquePlugins(tools, type, key, value)
  if (type.plugins === 'consumer') await checkUniqueKeys(tools, type, key, value)
}

async function checkUniquePlugins(
  { store }: UniqueTools,
  type: ResourceType,
  key: string,
  value: JsonObject,
): Promise<void> {
  const collection = `/${type.name}/`
  const others = (await listDirect(store, collection)).filter((other) => other.key !== key)
  for (const name of Object.keys(pluginsOf(value))) {
    const other = others.find((entry) => Object.hasOwn(pluginsOf(entry.value), name))
    if (other === undefined) continue
    const id = other.key.slice(collection.length)
    throw new DuplicateError(`plugin '${name}' already exists in ${type.title} with id '${id}'`)
  }
}

async function checkUniqueKeys(tools: UniqueTools, type: ResourceType, key: string, value: JsonObject): Promise<void> {
  const wanted = new Map(Object.entries(authKeys(tools.registry, value)))
  if (wanted.size === 0) return
  const { entries } = await tools.store.list('/consumers/')
  for (const other of entries) {
    if (other.key === key) continue
    const [name] =
      Object.entries(storedKeys(tools, type, other)).find(([plugin, text]) => wanted.get(plugin) === text) ?? []
    if (name !== undefined)
      throw new DuplicateError(`duplicate key of plugin ${name} found with ${describe(other.key)}`)
  }
}

/** None where a secret does not decrypt: that resource serves nobody. */
function storedKeys({ registry, secrets }: UniqueTools, type: ResourceType, { value }: ConfigEntry) {
  try {
    return authKeys(registry, secrets.decrypt(type, value))
  } catch {
    return {}
  }
}

/** `consumer: jack`, `credential: c1 of consumer: alex`. */
function describe(key: string): string {
  const [, , username, , credential] = key.split('/')
  return credential === undefined ? `consumer: ${username}` : `credential: ${credential} of consumer: ${username}`
}
