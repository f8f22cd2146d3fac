/**
 * Brings the path of a request target to its one normal form, as nginx does before it looks for a location: percent
 * escapes decoded once, repeated slashes merged, `.` and `..` resolved. Routing, access checks and plugins all see this
 * form, so that no second spelling passes by a check.
 *
 * @param path without the query, e.g. `/a//b/../%63`
 * @returns undefined for what cannot be a path: no leading slash, a broken escape, bytes that are not UTF-8, a NUL, or `..`
 * beyond the root; to be answered 400
 */
export function normalizePath(path: string): string | undefined {
  if (!path.startsWith('/')) return undefined
  const decoded = path.includes('%') ? decode(path) : path
  if (decoded === undefined || decoded.includes('\0')) return undefined
  return unusual.test(decoded) ? resolve(decoded) : decoded
}

/** An empty segment, or one of dots. */
const unusual = /\/\/|\/\.\.?(?:\/|$)/

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function resolve(path: string): string | undefined {
  const kept: string[] = []
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '..' && kept.pop() === undefined) return undefined
    if (segment !== '' && segment !== '.' && segment !== '..') kept.push(segment)
  }
  const last = segments.at(-1)
  const directory = last === '' || last === '.' || last === '..'
  return `/${kept.join('/')}${directory && kept.length > 0 ? '/' : ''}`
}
