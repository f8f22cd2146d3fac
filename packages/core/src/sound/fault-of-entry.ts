import { isSluiceError } from '@sluice/spi'
import type { ConfigEntry } from '../config-store.ts'
import type { Registry } from '../registry.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { resourceTypes } from '../resources/resource-types.ts'
import { mapSecrets } from '../secrets/secret-fields.ts'
import type { Validator } from '../validate/validator.ts'

/** Kinds that clients are served by. */
const served = resourceTypes.filter(({ kind }) =>
  [
    'route',
    'service',
    'upstream',
    'consumer',
    'credential',
    'consumer_group',
    'plugin_config',
    'global_rule',
    'ssl',
  ].includes(kind),
)

/** Of what kind a key such as `/routes/1` is; undefined for what serves no client. */
function typeOf(key: string): ResourceType | undefined {
  const [, collection, , child] = key.split('/')
  return served.find(({ name, parent }) =>
    child === undefined ? name === collection && parent === undefined : name === child && parent === collection,
  )
}

/**
 * Makes the check of stored objects: their schemas and rules, as when they are written by the Admin API. What they refer to is
 * not looked at, for that is another object's fault.
 */
export function createFaultOf(
  registry: Registry,
  validator: Validator,
  decrypt: (text: string) => string,
): (entry: ConfigEntry) => string | undefined {
  return ({ key, value }) => {
    const type = typeOf(key)
    if (type === undefined) return undefined
    try {
      const open = mapSecrets(type, value, registry, decrypt)
      validator.checkFields(type, open)
      validator.checkBehaviour(type, open)
      return undefined
    } catch (error) {
      if (isSluiceError(error)) return error.message
      return error instanceof Error ? error.message : String(error)
    }
  }
}
