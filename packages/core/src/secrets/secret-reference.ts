import type { JsonObject } from '../json.ts'
import { mapTexts } from '../json-fields.ts'

/** Whether a text refers to a secret kept elsewhere, `$secret://...` or `$env://...`, in place of the secret. */
export function isSecretReference(text: string): boolean {
  return /^\$(?:secret|env):\/\//i.test(text)
}

const managed = /^\$secret:\/\/([^/]+\/[^/]+)\/.+/i

/** The secret manager that a reference names, `vault/1` of `$secret://vault/1/kafka/password`; undefined where it is none. */
export function managerOf(text: string): string | undefined {
  return managed.exec(text)?.[1]
}

/** The references of a resource that lead to a secret manager. */
export function managedReferencesIn(value: JsonObject): ReadonlySet<string> {
  const found = new Set<string>()
  mapTexts(value, (text) => {
    if (managed.test(text)) found.add(text)
    return text
  })
  return found
}
