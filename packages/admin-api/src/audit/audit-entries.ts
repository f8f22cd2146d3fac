import type { AuditedChange, AuditedRequest, AuditRecord } from './audit-log.ts'

/** One request with all that the log has of it. */
type AuditEntry = AuditedRequest & {
  readonly time: string
  readonly changes?: readonly AuditedChange[]
  /** Absent where the result never came, as after a crash. */
  readonly status?: number
  readonly revision?: number
  readonly dry_run?: true
}

/**
 * Puts the lines of each request together, the newest request first; the time is that of its first line.
 *
 * @param records newest first
 */
export function auditEntries(records: readonly AuditRecord[]): readonly AuditEntry[] {
  const byRequest = new Map<string, AuditEntry>()
  for (const { stage: _, ...record } of records) {
    byRequest.set(record.request, { ...byRequest.get(record.request), ...record })
  }
  return [...byRequest.values()]
}
