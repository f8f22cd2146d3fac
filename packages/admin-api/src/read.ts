import type { ConfigEntry, ConfigStore, JsonObject } from '@sluice/core'
import { type Conditions, etagOf, hasAlready } from './conditions.ts'
import { type Answer, readEntry } from './envelope.ts'
import { KeyNotFoundError } from './errors.ts'
import { type KeyHolder, visibleTo } from './keys/grant.ts'
import { selectEntries } from './list.ts'
import { keyOf, type Location } from './location.ts'
import { listDirect } from './references.ts'
import type { Secrets } from './secrets.ts'
import type { Target } from './target.ts'

/** What reading needs. */
export interface ReadTools {
  readonly store: ConfigStore
  readonly secrets: Secrets
  /** Whether the admin role, too, sees secrets masked. */
  readonly maskSecrets: boolean
}

/** What to read, and who asks. */
export interface Read {
  readonly location: Location
  readonly query: Target['query']
  readonly holder: KeyHolder
  readonly conditions: Conditions
}

/**
 * GET of one resource or of a list.
 *
 * @throws KeyNotFoundError, and what a list's arguments are refused with
 */
export async function read(tools: ReadTools, { location, query, holder, conditions }: Read): Promise<Answer> {
  const { store, secrets } = tools
  const { type, collection, id } = location
  const isMasked = tools.maskSecrets || holder.role !== 'admin'
  const show = (entry: ConfigEntry): JsonObject => {
    const value = isMasked ? secrets.mask(type, entry.value) : secrets.reveal(type, entry)
    return readEntry(entry, withoutFields(value, type.hidden))
  }
  if (id !== undefined) {
    const entry = await store.get(keyOf(location, id))
    if (entry === undefined) throw new KeyNotFoundError()
    const headers = { ETag: etagOf(entry.modifiedIndex) }
    return hasAlready(conditions, entry)
      ? { status: 304, body: '', headers }
      : { status: 200, body: show(entry), headers }
  }
  const all = type.hasVariants ? (await store.list(collection)).entries : await listDirect(store, collection)
  const isVisible = visibleTo(holder)
  const entries = all.filter(({ key }) => isVisible(key))
  if (type.parent !== undefined && entries.length === 0) throw new KeyNotFoundError()
  const page = selectEntries(entries, query, type.filterFields)
  return { status: 200, body: { list: page.entries.map(show), total: page.total } }
}

function withoutFields(value: JsonObject, names: readonly string[]): JsonObject {
  if (names.length === 0) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
