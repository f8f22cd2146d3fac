import { ConfigInvalidError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import { createSchemas, type ResourceKind } from '../schema/schemas.ts'
import { compileVars } from '../vars/index.ts'
import { checkPlugins } from './plugin-rules.ts'
import { createSchemaCompiler } from './schema-check.ts'
import { checkUpstreamRules, type ValidatorRules } from './upstream-rules.ts'

/**
 * Checks resources before they are stored. The two halves are apart because APISIX looks up what a resource refers to
 * between them, and the first fault is the one that is answered.
 */
export interface Validator {
  /**
   * Fields that exclude each other, the schema, the rules of upstreams.
   *
   * @throws ConfigInvalidError with APISIX's text, e.g. `invalid configuration: property "uri" validation failed: ...`
   */
  checkFields(kind: ResourceKind, value: JsonObject): void
  /**
   * Plugins and `vars`.
   *
   * @throws ConfigInvalidError with APISIX's text, e.g. `unknown plugin [nope]`
   */
  checkBehaviour(kind: ResourceKind, value: JsonObject): void
}

/** Compiles the schemas of a registry, which takes a few hundred milliseconds: once, at the start. */
export function createValidator(registry: Registry, rules: ValidatorRules = {}): Validator {
  const schemas = createSchemas(registry)
  const compile = createSchemaCompiler()
  const checks = {
    route: compile(schemas.route),
    service: compile(schemas.service),
    upstream: compile(schemas.upstream),
  }
  const plugins = new Map(
    Array.from(registry.plugins, ([name, plugin]) => [
      name,
      { plugin, check: compile(schemas.plugins.get(name) ?? {}) },
    ]),
  )
  return {
    checkFields(kind, value) {
      if (kind === 'route') checkExclusions(value)
      refuseCode(value)
      const result = checks[kind](value)
      if (!result.ok) throw new ConfigInvalidError(`invalid configuration: ${result.text}`)
      const upstream = kind === 'upstream' ? value : objectOf(value.upstream)
      if (upstream !== undefined) checkUpstreamRules(upstream, rules)
    },
    checkBehaviour(kind, value) {
      checkPlugins(objectOf(value.plugins) ?? {}, plugins)
      if (kind === 'route' && value.vars !== undefined) checkVars(value.vars)
    },
  }
}

function checkExclusions(route: JsonObject): void {
  for (const [one, several] of [
    ['host', 'hosts'],
    ['remote_addr', 'remote_addrs'],
  ] as const) {
    if (route[one] !== undefined && route[several] !== undefined) {
      throw new ConfigInvalidError(`only one of ${one} or ${several} is allowed`)
    }
  }
}

const codeFields = ['script', 'script_id', 'filter_func']

function refuseCode(resource: JsonObject): void {
  const field = codeFields.find((name) => resource[name] !== undefined)
  if (field === undefined) return
  throw new ConfigInvalidError(
    `invalid configuration: ${field} is code, and code in the configuration is not run: remove it`,
  )
}

function checkVars(vars: Json): void {
  try {
    compileVars(vars)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigInvalidError(`failed to validate the 'vars' expression: ${text}`, { cause })
  }
}
