import type { StoreFault } from './protocol.ts'

/** A fault inside the worker, on its way to the handle. */
export class StoreFaultError extends Error implements StoreFault {
  readonly kind: StoreFault['kind']
  readonly detail: string

  constructor(kind: StoreFault['kind'], detail: string) {
    super(`${kind}: ${detail}`)
    this.kind = kind
    this.detail = detail
  }
}

// Primary result codes, https://www.sqlite.org/rescode.html; the upper bits of an extended code say more.
const kinds = new Map<number, StoreFault['kind']>([
  [5, 'locked'],
  [6, 'locked'],
  [11, 'corrupt'],
  [26, 'corrupt'],
])

/** Tells the faults of SQLite and of the file system apart. */
export function toFault(error: unknown): StoreFault {
  if (error instanceof StoreFaultError) return { kind: error.kind, detail: error.detail }
  if (!(error instanceof Error)) return { kind: 'failed', detail: String(error) }
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : -1
  return { kind: kinds.get(code) ?? 'failed', detail: error.message }
}
