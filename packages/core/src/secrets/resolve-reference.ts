import { SecretReferenceError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { mapTexts } from '../json-fields.ts'
import { isSecretReference } from './secret-reference.ts'

/** Environment variables by name, as `process.env`. */
export type ReferableEnvironment = Readonly<Record<string, string | undefined>>

/** Gives the secret that a text refers to, or is in encrypted form; any other text is given back as it is. */
export type ResolveReference = (text: string) => string

const environmentReference = /^\$env:\/\/([^/]+)(?:\/([^/]+))?$/i

/**
 * Makes what follows references. `$env://NAME` is a variable, `$env://NAME/key` a field of one that holds a JSON object, as
 * in APISIX. A reference that leads nowhere is an error, where APISIX sends its text in place of the secret.
 *
 * Variables that begin with `SLUICE_` are the gateway's own and cannot be referred to: whoever may write a route could
 * otherwise send the encryption key to a broker.
 *
 * `$secret://` references are followed before (`secret-store.ts`): what they lead to comes encrypted, in whatever field.
 *
 * @param decrypt gives text that is not encrypted back as it is
 */
export function createReferenceResolver(
  environment: ReferableEnvironment,
  decrypt: (text: string) => string = (text) => text,
): ResolveReference {
  return (text) => {
    if (!isSecretReference(text)) return decrypt(text)
    const [, name, field] = environmentReference.exec(text) ?? []
    if (name === undefined) {
      throw new SecretReferenceError(
        text,
        text.toLowerCase().startsWith('$env:')
          ? 'write $env://NAME or $env://NAME/key'
          : 'it was not read, as the log says',
      )
    }
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
  return mapTexts(config, resolve)
}
