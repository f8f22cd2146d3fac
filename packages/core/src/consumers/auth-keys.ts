import { isJsonObject, type JsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'
import { isSecretReference } from '../secrets/secret-reference.ts'

/** The plugins of a resource by name; none where it has no such field. */
export function pluginsOf({ plugins }: JsonObject): JsonObject {
  return isJsonObject(plugins) ? plugins : {}
}

/**
 * What tells who asks, of a consumer or a credential whose secrets are open: by the name of the plugin. References to secrets
 * kept elsewhere are not looked into.
 */
export function authKeys({ plugins }: Registry, value: JsonObject): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [name, config] of Object.entries(pluginsOf(value))) {
    const field = plugins.get(name)?.consumer?.key
    const text = field !== undefined && isJsonObject(config) ? config[field] : undefined
    if (typeof text === 'string' && !isSecretReference(text)) found[name] = text
  }
  return found
}
