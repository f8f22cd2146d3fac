import type { ConfigEntry, ConfigStore } from '../config-store.ts'
import { mapTexts } from '../json-fields.ts'
import { managedReferencesIn, managerOf } from './secret-reference.ts'
import type { SecretStoreOptions } from './secret-store.ts'

/**
 * A resource with what its `$secret://` references lead to, read now and encrypted: for one look at it, where nobody follows
 * the references.
 *
 * @param store has the secret managers
 * @throws what `read` throws
 */
export async function openReferences(
  store: Pick<ConfigStore, 'get'>,
  entry: ConfigEntry,
  { read, seal }: Pick<SecretStoreOptions, 'read' | 'seal'>,
): Promise<ConfigEntry> {
  const references = [...managedReferencesIn(entry.value)]
  const found = await Promise.all(
    references.map(async (reference) => {
      const manager = await store.get(`/secrets/${managerOf(reference)}`)
      return [reference, seal(await read(reference, manager))] as const
    }),
  )
  const values = new Map(found)
  return { ...entry, value: mapTexts(entry.value, (text) => values.get(text) ?? text) }
}
