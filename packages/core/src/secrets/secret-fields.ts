import type { JsonObject } from '../json.ts'
import { type FieldChange, mapPaths, objectOf } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { upstreamSecrets } from '../resources/upstream.ts'
import { isSecretReference } from './secret-reference.ts'

/**
 * A copy of a resource with its secret fields changed: its own, those that its plugins name and `tls.client_key` of its
 * upstream. Locations are those in the resource, e.g. `plugins.kafka-proxy.sasl.password`. References to secrets kept
 * elsewhere (`$secret://...`) are no secrets and stay as they are.
 */
export function mapSecrets(type: ResourceType, value: JsonObject, registry: Registry, change: FieldChange): JsonObject {
  const mapAt = (prefix: string, object: JsonObject, paths: readonly string[]): JsonObject =>
    mapPaths(object, paths, (text, path) => (isSecretReference(text) ? text : change(text, `${prefix}${path}`)))
  const own = mapAt('', value, type.secrets)
  if (type.plugins === 'none') return own
  const upstream = objectOf(own.upstream)
  const plugins = objectOf(own.plugins)
  return {
    ...own,
    ...(upstream === undefined ? {} : { upstream: mapAt('upstream.', upstream, upstreamSecrets) }),
    ...(plugins === undefined
      ? {}
      : {
          plugins: Object.fromEntries(
            Object.entries(plugins).map(([name, config]) => {
              const object = objectOf(config)
              return [
                name,
                object === undefined ? config : mapAt(`plugins.${name}.`, object, secretsOf(type, registry, name)),
              ]
            }),
          ),
        }),
  }
}

/** A consumer holds its own part of an auth plugin, and other plugins as a route does. */
function secretsOf(type: ResourceType, { plugins }: Registry, name: string): readonly string[] {
  const plugin = plugins.get(name)
  const consumer = type.plugins === 'consumer' ? plugin?.consumer : undefined
  return (consumer ?? plugin)?.secrets ?? []
}
