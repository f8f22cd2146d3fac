import { type ConfigEntry, isJsonObject, type Json } from '@sluice/core'
import { decodeText, encodePrefixEnd, encodeText, type KeyValue, parseRevision } from './wire.ts'

/** What a key of etcd holds for us. */
export type StoredEntry =
  | { readonly kind: 'entry'; readonly entry: ConfigEntry }
  /** A value that is no JSON object, written by somebody else. */
  | { readonly kind: 'broken'; readonly key: string }
  /** A marker such as `/apisix/routes/`, which APISIX makes for each kind of resource. */
  | { readonly kind: 'marker' }

/** APISIX's layout of keys: `<prefix>/<resource>/<id>`, each value the resource as JSON. */
export class Layout {
  readonly #prefix: string

  /** @param prefix such as `/apisix`, with or without a slash at its end */
  constructor(prefix: string) {
    this.#prefix = prefix.replace(/\/+$/, '')
  }

  /** Key of a resource, such as `/routes/1`, in base64. */
  encodeKey(key: string): string {
    return encodeText(this.#prefix + key)
  }

  /** The range of keys that start with a prefix. */
  range(prefix: string): { readonly key: string; readonly range_end: string } {
    return { key: this.encodeKey(prefix), range_end: encodePrefixEnd(this.#prefix + prefix) }
  }

  /** The key of a resource without the prefix; `undefined` for a marker. */
  decodeKey(key: string | undefined): string | undefined {
    const text = decodeText(key).slice(this.#prefix.length)
    return text.endsWith('/') ? undefined : text
  }

  decode({ key: encoded, value, create_revision, mod_revision }: KeyValue): StoredEntry {
    const key = this.decodeKey(encoded)
    if (key === undefined) return { kind: 'marker' }
    const json = parseJson(decodeText(value))
    if (!isJsonObject(json)) return { kind: 'broken', key }
    const indexes = { createdIndex: parseRevision(create_revision), modifiedIndex: parseRevision(mod_revision) }
    return { kind: 'entry', entry: { key, value: json, ...indexes } }
  }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
