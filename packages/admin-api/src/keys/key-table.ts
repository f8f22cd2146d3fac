import { createHash, timingSafeEqual } from 'node:crypto'
import { type ConfigEntry, type ConfigStore, isJsonObject, type JsonObject } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import { Grant, type KeyHolder } from './grant.ts'

/** What a key is told to be. */
export const KeyBody = Type.Object(
  {
    role: Type.Enum(['admin', 'viewer', 'restricted'], {
      description:
        '`admin` may do everything, `viewer` only GET, with secrets masked, `restricted` only what its grants say.',
    }),
    grants: Type.Optional(Type.Array(Grant, { description: 'What it may do besides what its role lets it.' })),
    desc: Type.Optional(Type.String({ maxLength: 256, description: 'Who it is for.' })),
  },
  { additionalProperties: false },
)

/** A key as it is stored: never the key itself. */
const StoredKey = Type.Object({
  ...KeyBody.properties,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  create_time: Type.Integer(),
  update_time: Type.Integer(),
})
export type StoredKey = Static<typeof StoredKey>

/** A key of the configuration file. */
export interface AdminKey {
  readonly name: string
  readonly key: string
  readonly role: 'admin' | 'viewer'
}

/** Where keys that are made at run time are in the store. */
export const keysPrefix = '/admin_keys/'

interface KnownKey {
  readonly holder: KeyHolder
  readonly digest: Buffer
}

/** The keys that are good now. */
export interface KeyTable {
  find(digest: Buffer): KeyHolder | undefined
  /** Those of the configuration file. */
  readonly fixed: readonly KeyHolder[]
  /** Whether keys may be made at run time. */
  readonly isOpen: boolean
}

/** The digest by which keys are compared and stored: SHA-256, for a key that is made here has 256 random bits. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Keys of the configuration file alone. */
export function fixedKeys(keys: readonly AdminKey[]): KeyTable {
  return tableOf(knownKeys(keys), () => [], false)
}

/**
 * The same with those in the store, which come and go as it changes: one that is revoked is refused from then on.
 *
 * @returns the table, and the function that ends following the store
 */
export async function followKeys(
  store: ConfigStore,
  keys: readonly AdminKey[],
  log: Log,
): Promise<{ readonly table: KeyTable; readonly close: () => void }> {
  const stored = new Map<string, KnownKey>()
  const take = (key: string, entry: ConfigEntry | undefined): void => {
    if (!key.startsWith(keysPrefix)) return
    const name = key.slice(keysPrefix.length)
    const value = entry && storedKey(entry.value)
    if (value === undefined) {
      stored.delete(name)
      if (entry !== undefined) log.error({ key }, 'a stored key of the Admin API is broken and refused: make it anew')
      return
    }
    const { role, grants = [], sha256 } = value
    stored.set(name, { holder: { name, role, grants }, digest: Buffer.from(sha256, 'hex') })
  }
  // Not a list, which a store that is away cannot give: a snapshot may be one that was saved.
  const { revision, entries } = await store.snapshot()
  for (const entry of entries) take(entry.key, entry)
  const close = await store.watch(revision, ({ changes }) => {
    for (const { key, entry } of changes) take(key, entry)
  })
  return { table: tableOf(knownKeys(keys), () => stored.values(), true), close }
}

/** A key of the store; undefined where it is none. */
export function storedKey(value: JsonObject): StoredKey | undefined {
  return isJsonObject(value) && Check(StoredKey, value) ? value : undefined
}

function knownKeys(keys: readonly AdminKey[]): readonly KnownKey[] {
  return keys.map(({ name, key, role }) => ({ holder: { name, role, grants: [] }, digest: digestOf(key) }))
}

function tableOf(fixed: readonly KnownKey[], stored: () => Iterable<KnownKey>, isOpen: boolean): KeyTable {
  return {
    isOpen,
    fixed: fixed.map(({ holder }) => holder),
    find(digest) {
      // Compares with every key, whichever fits: how long it takes tells nothing.
      let found: KeyHolder | undefined
      for (const known of [...fixed, ...stored()]) {
        if (timingSafeEqual(known.digest, digest)) found ??= known.holder
      }
      return found
    },
  }
}
