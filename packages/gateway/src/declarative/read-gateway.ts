import { collections, isJsonObject, type Json, type JsonObject, type ResourceType } from '@sluice/core'
import { AdminRefused } from '../errors.ts'
import { type AdminClient, reasonOf } from './admin-client.ts'

/** A resource of a gateway. */
export interface StoredResource {
  readonly value: JsonObject
  /** Index of its last write. */
  readonly modifiedIndex: number
}

/** Stands for a secret that an Admin API does not show; sent back, it keeps what is stored. */
const mask = '******'

/**
 * Reads all resources of a gateway, by the keys of its store such as `/routes/1`, without the times of their writes.
 *
 * @throws ADMIN_REFUSED, ADMIN_UNREACHABLE
 */
export async function readGateway(client: AdminClient): Promise<ReadonlyMap<string, StoredResource>> {
  const found = new Map<string, StoredResource>()
  for (const type of collections.filter(({ closed }) => closed === undefined)) {
    for (const [key, resource] of await list(client, `/${type.name}`, type)) {
      found.set(key, resource)
      for (const child of type.children ?? []) {
        for (const [below, own] of await list(client, `${key}/${child}`, type)) found.set(below, own)
      }
    }
  }
  return found
}

async function list(
  client: AdminClient,
  path: string,
  type: ResourceType,
): Promise<readonly [string, StoredResource][]> {
  const answer = await client.ask('GET', path)
  // A consumer without credentials has no list.
  if (answer.status === 404 && path.split('/').length > 2) return []
  if (answer.status !== 200) throw new AdminRefused(`GET ${path}`, reasonOf(answer))
  const { list: entries = [] } = answer.body
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: Json) => {
    if (!isJsonObject(entry) || typeof entry.key !== 'string') return []
    const value: Json = entry.value ?? null
    if (!isJsonObject(value)) return []
    const key = entry.key.replace(/^\/apisix/, '')
    return [[key, { value: withHidden(type, withoutTimes(value)), modifiedIndex: Number(entry.modifiedIndex) }]]
  })
}

/** A resource as somebody wrote it. */
export function withoutTimes({ create_time: _, update_time: __, ...value }: JsonObject): JsonObject {
  return value
}

/** The key of a certificate is never shown; in the place of it stands what keeps it. */
function withHidden({ kind }: ResourceType, value: JsonObject): JsonObject {
  if (kind !== 'ssl' || value.key !== undefined) return value
  const keys = Array.isArray(value.certs) ? { keys: value.certs.map(() => mask) } : {}
  return { ...value, key: mask, ...keys }
}
