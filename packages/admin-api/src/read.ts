import type { ConfigEntry, ConfigStore, JsonObject } from '@sluice/core'
import type { Role } from './auth.ts'
import { type Answer, readEntry } from './envelope.ts'
import { KeyNotFoundError } from './errors.ts'
import { selectEntries } from './list.ts'
import { type Resource, storeKey } from './resource.ts'
import type { Secrets } from './secrets.ts'
import type { Target } from './target.ts'

/** What reading needs. */
export interface ReadTools {
  readonly store: ConfigStore
  readonly secrets: Secrets
  /** Whether the admin role, too, sees secrets masked. */
  readonly maskSecrets: boolean
}

/**
 * GET of one resource or of a list.
 *
 * @throws KeyNotFoundError, and what a list's arguments are refused with
 */
export async function read(tools: ReadTools, resource: Resource, target: Target, role: Role): Promise<Answer> {
  const { store, secrets } = tools
  const isMasked = tools.maskSecrets || role !== 'admin'
  const show = (entry: ConfigEntry): JsonObject =>
    readEntry(entry, isMasked ? secrets.mask(resource, entry.value) : secrets.reveal(resource, entry))
  if (target.id !== undefined) {
    const entry = await store.get(storeKey(resource.name, target.id))
    if (entry === undefined) throw new KeyNotFoundError()
    return { status: 200, body: show(entry) }
  }
  const { entries } = await store.list(storeKey(resource.name, ''))
  const page = selectEntries(entries, target.query, resource.filterFields)
  return { status: 200, body: { list: page.entries.map(show), total: page.total } }
}
