import { RequestInvalidError } from './errors.ts'

/**
 * Whether a write is only to be tried: `?dry_run=true`, or `Prefer: dry-run` (RFC 7240).
 *
 * @throws RequestInvalidError where `dry_run` is neither true nor false
 */
export function isDryRun(query: URLSearchParams, prefer: string | undefined): boolean {
  const asked = query.get('dry_run')
  if (asked !== null && asked !== 'true' && asked !== 'false') {
    throw new RequestInvalidError('invalid dry_run: must be true or false')
  }
  return asked === 'true' || (asked === null && preferences(prefer).includes('dry-run'))
}

function preferences(prefer = ''): readonly string[] {
  return prefer.split(',').map((each) => (each.split(/[;=]/)[0] ?? '').trim().toLowerCase())
}
