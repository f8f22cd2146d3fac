import { authKeys, pluginsOf } from '../consumers/auth-keys.ts'
import type { JsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'
import { type ConfigurationItem, faultOf, type ItemFault } from './configuration-item.ts'

/**
 * What is wrong between the items of a whole configuration: references to what is not in it, and what only one resource may
 * have: a plugin of global rules, a key that tells who asks.
 */
export function relationFaults(items: readonly ConfigurationItem[], registry: Registry): readonly ItemFault[] {
  const byKey = new Map(items.map((item) => [item.key, item.value]))
  const owners = new Map<string, string>()
  return items.flatMap((item) => [...referenceFaults(item, byKey), ...uniqueFaults(item, owners, registry)])
}

function referenceFaults(item: ConfigurationItem, byKey: ReadonlyMap<string, JsonObject>): readonly ItemFault[] {
  const { type, key, value } = item
  const [, collection, owner] = key.split('/')
  const missingOwner =
    type.parent !== undefined && !byKey.has(`/${collection}/${owner}`)
      ? [faultOf(item, `belongs to ${owner}, which is not among the ${collection}`)]
      : []
  const missing = type.references(value).flatMap(({ title, id, key: wanted, fault }) => {
    const found = byKey.get(wanted)
    const why = found === undefined ? 'which is not in the configuration' : fault?.(found)
    return why === undefined ? [] : [faultOf(item, `refers to ${title} ${id}, ${why}`)]
  })
  return [...missingOwner, ...missing]
}

function uniqueFaults(item: ConfigurationItem, owners: Map<string, string>, registry: Registry): readonly ItemFault[] {
  return [...uniqueParts(item, registry)].flatMap(([part, title]) => {
    const owner = owners.get(part)
    owners.set(part, owner ?? item.key)
    return owner === undefined ? [] : [faultOf(item, `${title} is that of ${owner.slice(1)} too`)]
  })
}

/** What nobody else may have, with how it is named to the user. */
function* uniqueParts({ type, value }: ConfigurationItem, registry: Registry): Generator<readonly [string, string]> {
  if (type.hasUniquePlugins) {
    for (const name of Object.keys(pluginsOf(value))) yield [`${type.name} ${name}`, `plugin ${name}`]
  }
  if (type.plugins === 'consumer') {
    for (const [name, text] of Object.entries(authKeys(registry, value))) {
      yield [`${name} key ${text}`, `the key of plugin ${name}`]
    }
  }
}
