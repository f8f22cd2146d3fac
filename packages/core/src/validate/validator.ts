import { ConfigInvalidError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { createSchemas, type Schemas } from '../schema/schemas.ts'
import { checkPlugins, compilePlugins } from './plugin-rules.ts'
import { createSchemaCompiler, type SchemaCheck } from './schema-check.ts'
import { checkUpstreamRules, type ValidatorRules } from './upstream-rules.ts'

/**
 * Checks resources before they are stored. The halves are apart because APISIX looks up what a resource refers to between
 * them, and the first fault is the one that is answered.
 *
 * `variant` is the one of the schemas that counts: the manager of a secret, the plugin of a metadata.
 */
export interface Validator {
  /**
   * The schema alone.
   *
   * @throws ConfigInvalidError with APISIX's text, without `invalid configuration: ` in front
   */
  checkSchema(type: ResourceType, value: Json, variant?: string): void
  /**
   * Fields that exclude each other, the schema, the rules of upstreams and of the kind.
   *
   * @throws ConfigInvalidError with APISIX's text, e.g. `invalid configuration: property "uri" validation failed: ...`
   */
  checkFields(type: ResourceType, value: JsonObject, variant?: string): void
  /**
   * Plugins and `vars`.
   *
   * @throws ConfigInvalidError with APISIX's text, e.g. `unknown plugin [nope]`
   */
  checkBehaviour(type: ResourceType, value: JsonObject): void
  /** What is checked with, for those who ask. */
  readonly schemas: Schemas
}

/** Compiles the schemas of a registry, which takes a few hundred milliseconds: once, at the start. */
export function createValidator(registry: Registry, rules: ValidatorRules = {}): Validator {
  const schemas = createSchemas(registry)
  const compile = createSchemaCompiler()
  const compiled = new Map(
    Array.from(schemas.resources, ([type, variants]) => [
      type,
      new Map(Array.from(variants, ([variant, schema]) => [variant, compile(schema)])),
    ]),
  )
  const plugins = compilePlugins(registry, schemas.plugins, compile)
  const checkOf = (type: ResourceType, variant: string): SchemaCheck => {
    const check = compiled.get(type)?.get(variant)
    if (check === undefined) throw new ConfigInvalidError(type.unknownVariant?.(variant) ?? `unknown ${variant}`)
    return check
  }
  const faultOf = (type: ResourceType, value: Json, variant = type.kind): string | undefined => {
    const result = checkOf(type, variant)(value)
    return result.ok ? undefined : result.text
  }
  return {
    schemas,
    checkSchema(type, value, variant) {
      const fault = faultOf(type, value, variant)
      if (fault !== undefined) throw new ConfigInvalidError(fault)
    },
    checkFields(type, value, variant) {
      type.checkFirst?.(value)
      const fault = faultOf(type, value, variant)
      if (fault !== undefined) throw new ConfigInvalidError(`invalid configuration: ${fault}`)
      const upstream = upstreamIn(type, value)
      if (upstream !== undefined) checkUpstreamRules(upstream, rules)
      type.checkRest?.(value)
    },
    checkBehaviour(type, value) {
      if (type.plugins !== 'none') checkPlugins(objectOf(value.plugins) ?? {}, plugins, type)
      type.checkLast?.(value)
    },
  }
}

/** The upstream of a resource; kinds that take any field may have one of this name that is none. */
function upstreamIn({ kind, plugins }: ResourceType, value: JsonObject): JsonObject | undefined {
  if (kind === 'upstream') return value
  return plugins === 'none' ? undefined : objectOf(value.upstream)
}
