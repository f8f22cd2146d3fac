import { auditEntries } from '../audit/audit-entries.ts'
import { NotFoundError, RequestInvalidError } from '../errors.ts'
import type { Endpoint } from './endpoint.ts'

const most = 1000

/**
 * GET `/audit`: the newest requests of this gateway's audit log, newest first.
 *
 * @throws RequestInvalidError, and NotFoundError where no log is kept
 */
export const showAudit: Endpoint = async ({ audit }, { query }) => {
  if (audit === undefined) throw new NotFoundError()
  const limit = limitOf(query.get('limit') ?? '100')
  const before = timeOf(query.get('before'))
  const path = query.get('path') ?? ''
  // Two lines a request at most; one more, so that the last has both.
  const records = await audit.log.read({
    count: 2 * limit + 1,
    fits: ({ time, path: found }) => found.startsWith(path) && (before === undefined || Date.parse(time) < before),
  })
  const list = auditEntries(records).slice(0, limit)
  return { status: 200, body: { list, total: list.length } }
}

function limitOf(text: string): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1 || limit > most) {
    throw new RequestInvalidError(`invalid limit: must be a number from 1 to ${most}`)
  }
  return limit
}

function timeOf(text: string | null): number | undefined {
  if (text === null) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new RequestInvalidError('invalid before: must be a time such as 2026-01-31T12:00:00Z')
  return time
}
