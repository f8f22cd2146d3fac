import { createHmac } from 'node:crypto'
import { type ConfigStore, type ConfigTransactionResult, canonicalJson, type Json } from '@sluice/core'
import { AuditUnavailableError } from '../errors.ts'
import type { AuditedChange, AuditedRequest, AuditOptions } from './audit-log.ts'

/** A store for the write of one request. */
interface AuditedStore extends ConfigStore {
  /** The revision that the write made; undefined where nothing was stored. */
  revision(): number | undefined
}

/**
 * Puts the audit log in front of a store: what a transaction is about to change is durable there before it is tried.
 * Its `transact` throws AuditUnavailableError where it cannot be written, and the store is not changed.
 */
export function auditStore(
  store: ConfigStore,
  { log, hashKey }: AuditOptions,
  request: AuditedRequest,
  now: () => number,
): AuditedStore {
  let revision: number | undefined
  const hash = (value: Json | undefined): string | null =>
    value === undefined ? null : createHmac('sha256', hashKey).update(canonicalJson(value)).digest('hex')

  async function transact(
    ...[compares, writes]: Parameters<ConfigStore['transact']>
  ): Promise<ConfigTransactionResult> {
    const changes = await Promise.all(
      writes.map(async (write): Promise<AuditedChange> => {
        const stored = await store.get(write.key)
        const after = write.kind === 'put' ? write.value : undefined
        return { key: write.key, before: hash(stored?.value), after: hash(after) }
      }),
    )
    try {
      await log.append({ time: new Date(now()).toISOString(), ...request, stage: 'intent', changes })
    } catch (cause) {
      throw new AuditUnavailableError({ cause })
    }
    const result = await store.transact(compares, writes)
    if (result.committed) revision = result.revision
    return result
  }

  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    watch: (from, listener) => store.watch(from, listener),
    snapshot: () => store.snapshot(),
    close: () => store.close(),
    transact,
    revision: () => revision,
  }
}
