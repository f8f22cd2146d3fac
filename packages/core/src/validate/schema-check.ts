import { isIPv4, isIPv6 } from 'node:net'
import { Ajv, type SchemaValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { isAddressRange } from '../address-matcher.ts'
import type { Json, JsonObject } from '../json.ts'
import { isSecretReference } from '../secrets/secret-reference.ts'
import { alignEmptyTables } from './empty-tables.ts'
import { explain } from './explain.ts'

/** What a check found: the value with its defaults filled in, or what is wrong with it, in APISIX's words. */
type SchemaCheckResult = { readonly ok: true; readonly filled: Json } | { readonly ok: false; readonly text: string }

/** Checks a value against one schema; the value itself stays as it is. */
export type SchemaCheck = (value: Json) => SchemaCheckResult

/**
 * Makes compilers of checks that share one ajv. Compiling takes 10 ms and more: once for a schema, never for a request.
 *
 * Strings that refer to a secret (`$secret://...`, `$env://...`) pass the checks of length and pattern, as in APISIX.
 */
export function createSchemaCompiler(): (schema: JsonObject) => SchemaCheck {
  const ajv = createAjv()
  return (schema) => {
    const validate = ajv.compile(schema)
    return (value) => {
      const filled: Json = structuredClone(alignEmptyTables(schema, value))
      if (validate(filled)) return { ok: true, filled }
      return { ok: false, text: explain(schema, filled, validate.errors ?? []) }
    }
  }
}

function createAjv(): Ajv {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false })
  addFormats.default(ajv)
  ajv.addFormat('ipv4', isIPv4)
  ajv.addFormat('ipv6', isAddress(isIPv6))
  ajv.addFormat('ipv4-range', isRange(isIPv4))
  ajv.addFormat('ipv6-range', isRange(isIPv6))
  replaceKeyword(ajv, 'minLength', 'number', (limit: number, text: string) => Array.from(text).length >= limit)
  replaceKeyword(ajv, 'maxLength', 'number', (limit: number, text: string) => Array.from(text).length <= limit)
  const patterns = new Map<string, RegExp>()
  replaceKeyword(ajv, 'pattern', 'string', (source: string, text: string) => {
    const pattern = patterns.get(source) ?? new RegExp(source, 'u')
    patterns.set(source, pattern)
    return pattern.test(text)
  })
  return ajv
}

/** A zone (`fe80::1%eth0`) means something on one machine only. */
function isAddress(isFamily: (text: string) => boolean): (text: string) => boolean {
  return (text) => isFamily(text) && !text.includes('%')
}

function isRange(isFamily: (text: string) => boolean): (text: string) => boolean {
  return (text) => text.includes('/') && isFamily(text.slice(0, text.indexOf('/'))) && isAddressRange(text)
}

/** ajv's own keywords know nothing of secret references. */
function replaceKeyword<Parameter>(
  ajv: Ajv,
  keyword: string,
  schemaType: 'number' | 'string',
  holds: (parameter: Parameter, text: string) => boolean,
): void {
  const validate: SchemaValidateFunction = (parameter: Parameter, text: string) =>
    isSecretReference(text) || holds(parameter, text)
  ajv.removeKeyword(keyword)
  ajv.addKeyword({ keyword, type: 'string', schemaType, errors: false, validate })
}
