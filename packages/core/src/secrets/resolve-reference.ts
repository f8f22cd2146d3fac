import { SecretReferenceError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { isSecretReference } from './secret-reference.ts'

/** Environment variables by name, as `process.env`. */
export type ReferableEnvironment = Readonly<Record<string, string | undefined>>

/** Gives the secret that a text refers to; a text that is no reference is given back as it is. */
export type ResolveReference = (text: string) => string

const environmentReference = /^\$env:\/\/([^/]+)(?:\/([^/]+))?$/i

/**
 * Makes what follows references. `$env://NAME` is a variable, `$env://NAME/key` a field of one that holds a JSON object, as
 * in APISIX. A reference that leads nowhere is an error, where APISIX sends its text in place of the secret.
 *
 * Variables that begin with `SLUICE_` are the gateway's own and cannot be referred to: whoever may write a route could
 * otherwise send the encryption key to a broker.
 */
export function createReferenceResolver(environment: ReferableEnvironment): ResolveReference {
  return (text) => {
    if (!isSecretReference(text)) return text
    const [, name, field] = environmentReference.exec(text) ?? []
    if (name === undefined)
      throw new SecretReferenceError(text, 'this release follows $env://NAME and $env://NAME/key only')
    if (/^sluice_/i.test(name)) throw new SecretReferenceError(text, 'variables of the gateway itself cannot be used')
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (value === undefined) throw new SecretReferenceError(text, 'the environment variable is not set')
    return field === undefined ? value : fieldOf(text, value, field)
  }
}

function fieldOf(reference: string, value: string, field: string): string {
  let parsed: Json
  try {
    parsed = JSON.parse(value)
  } catch {
    // Not as the cause: the text of the parser quotes the secret.
    throw new SecretReferenceError(reference, 'the environment variable does not hold JSON')
  }
  const found = isJsonObject(parsed) && Object.hasOwn(parsed, field) ? parsed[field] : undefined
  if (typeof found === 'string') return found
  throw new SecretReferenceError(reference, 'the environment variable has no such key with a string')
}

/** A copy of a configuration with every string that is a reference replaced, at any depth. */
export function resolveReferences(config: JsonObject, resolve: ResolveReference): JsonObject {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, resolveIn(value, resolve)]))
}

function resolveIn(value: Json, resolve: ResolveReference): Json {
  if (typeof value === 'string') return resolve(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => resolveIn(item, resolve))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveIn(item, resolve)]))
}
