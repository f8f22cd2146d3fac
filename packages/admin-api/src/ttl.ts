import { RequestInvalidError } from './errors.ts'

/**
 * `?ttl=`: seconds after which what is written vanishes.
 *
 * @throws RequestInvalidError where it is no number above 0
 */
export function parseTtl(query: URLSearchParams): number | undefined {
  const text = query.get('ttl')
  if (text === null) return undefined
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(text))
    throw new RequestInvalidError('invalid argument ttl: should be a number')
  const seconds = Number(text)
  if (seconds <= 0) throw new RequestInvalidError('invalid argument ttl: should be greater than 0')
  return seconds
}
