import { upstreamSecrets } from '../effective-route.ts'
import type { JsonObject } from '../json.ts'
import { type FieldChange, mapPaths, objectOf } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import type { ResourceKind } from '../schema/schemas.ts'
import { isSecretReference } from './secret-reference.ts'

/**
 * A copy of a resource with its secret fields changed: those that its plugins name and `tls.client_key` of its upstream.
 * Locations are those in the resource, e.g. `plugins.kafka-proxy.sasl.password`. References to secrets kept elsewhere (`$secret://...`) are no secrets and stay as they are.
 */
export function mapSecrets(kind: ResourceKind, value: JsonObject, registry: Registry, change: FieldChange): JsonObject {
  const mapAt = (prefix: string, object: JsonObject, paths: readonly string[]): JsonObject =>
    mapPaths(object, paths, (text, path) => (isSecretReference(text) ? text : change(text, `${prefix}${path}`)))
  if (kind === 'upstream') return mapAt('', value, upstreamSecrets)
  const upstream = objectOf(value.upstream)
  const plugins = objectOf(value.plugins)
  return {
    ...value,
    ...(upstream === undefined ? {} : { upstream: mapAt('upstream.', upstream, upstreamSecrets) }),
    ...(plugins === undefined
      ? {}
      : {
          plugins: Object.fromEntries(
            Object.entries(plugins).map(([name, config]) => {
              const object = objectOf(config)
              const secrets = registry.plugins.get(name)?.secrets ?? []
              return [name, object === undefined ? config : mapAt(`plugins.${name}.`, object, secrets)]
            }),
          ),
        }),
  }
}
