import { createHash } from 'node:crypto'
import {
  type ConfigEntry,
  type ConfigSnapshot,
  canonicalJson,
  type JsonObject,
  type ResourceType,
  resourceTypeOf,
  showConfiguration,
} from '@sluice/core'
import type { Secrets } from './secrets.ts'

/** The configuration as it was put as a whole. */
interface Put {
  /** What the caller calls it, by the header `X-Digest`. */
  readonly digest: string
  /** Of the store, as long as this is what it holds. */
  readonly revision: number
}

/** What is known of whole configurations; made once for an Admin API whose store may be replaced as a whole. */
export class Standalone {
  /** The highest `<collection>_conf_version` that was put, by its name. */
  readonly versions = new Map<string, number>()
  #last: Put | undefined

  /** Remembers what the caller calls the configuration that is in the store since this revision. */
  name(digest: string, revision: number): void {
    this.#last = { digest, revision }
  }

  /** What tells configurations apart: the caller's name while nothing else changed, else a hash of what the store holds. */
  digestOf({ revision, entries }: ConfigSnapshot, secrets: Secrets): string {
    if (this.#last?.revision === revision) return this.#last.digest
    const plain = entries.map(({ key, value }) => ({ key, value: withType(key, value, secrets.decrypt) }))
    return createHash('sha256')
      .update(canonicalJson(showConfiguration(plain)))
      .digest('hex')
  }
}

/** What puts stored secrets in the place of masks, for `readConfiguration`. */
export function restoringMasks(entries: readonly ConfigEntry[], secrets: Secrets) {
  const stored = new Map(entries.map((entry) => [entry.key, entry.value]))
  return (key: string, value: JsonObject): JsonObject =>
    withType(key, value, (type) => secrets.restoreMasked(type, value, stored.get(key)))
}

/** Changes the value of a resource by its kind; what is of no known kind stays as it is. */
export function withType<T>(key: string, value: T, change: (type: ResourceType, value: T) => T): T {
  const type = resourceTypeOf(key)
  return type === undefined ? value : change(type, value)
}
