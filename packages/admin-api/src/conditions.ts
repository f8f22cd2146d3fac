import type { ConfigEntry } from '@sluice/core'
import { PreconditionFailedError, RequestInvalidError } from './errors.ts'

/** What a request says of the resource that it expects, RFC 9110 section 13.1. */
export interface Conditions {
  /** The header `If-Match`: the resource still is one of these, or with `*` there is one. */
  readonly ifMatch: string | undefined
  /** The header `If-None-Match`: it is none of these, or with `*` there is none. */
  readonly ifNoneMatch: string | undefined
}

/** A strong ETag: the index of the last write, which no two states of a resource share. */
export function etagOf(modifiedIndex: number): string {
  return `"${modifiedIndex}"`
}

/**
 * Refuses a write whose conditions the stored resource does not meet.
 *
 * @throws PreconditionFailedError, and RequestInvalidError where a header is no list of ETags
 */
export function checkConditions({ ifMatch, ifNoneMatch }: Conditions, stored: ConfigEntry | undefined): void {
  const found = stored === undefined ? 'is not there' : `has the ETag ${etagOf(stored.modifiedIndex)}`
  if (ifMatch !== undefined && !matches('If-Match', ifMatch, stored, false)) {
    throw new PreconditionFailedError(`If-Match is ${ifMatch}`, found)
  }
  if (ifNoneMatch !== undefined && matches('If-None-Match', ifNoneMatch, stored, true)) {
    throw new PreconditionFailedError(`If-None-Match is ${ifNoneMatch}`, found)
  }
}

/** Whether a reader has the resource already; throws RequestInvalidError. */
export function hasAlready({ ifNoneMatch }: Conditions, entry: ConfigEntry): boolean {
  return ifNoneMatch !== undefined && matches('If-None-Match', ifNoneMatch, entry, true)
}

const tag = /^(W\/)?("[\x21\x23-\x7e\x80-\xff]*")$/

/** Weak tags are equal to nothing but where a caller lets them be (RFC 9110, section 8.8.3.2). */
function matches(header: string, list: string, entry: ConfigEntry | undefined, takesWeak: boolean): boolean {
  if (list.trim() === '*') return entry !== undefined
  const tags = list.split(',').map((each) => {
    const [, weak, opaque = ''] = tag.exec(each.trim()) ?? []
    if (opaque === '') {
      throw new RequestInvalidError(`invalid header ${header}: send "*", or the ETag of an answer with its quotes`)
    }
    return weak === undefined || takesWeak ? opaque : undefined
  })
  return entry !== undefined && tags.includes(etagOf(entry.modifiedIndex))
}
