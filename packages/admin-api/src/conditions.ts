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
  return tagOf(String(modifiedIndex))
}

/** A strong ETag of what tells states apart; characters that it may not have are escaped. */
export function tagOf(state: string): string {
  return `"${encodeURIComponent(state)}"`
}

/**
 * Refuses a write whose conditions the stored resource does not meet.
 *
 * @throws PreconditionFailedError, and RequestInvalidError where a header is no list of ETags
 */
export function checkConditions(conditions: Conditions, stored: ConfigEntry | undefined): void {
  checkTag(conditions, 'resource', stored && etagOf(stored.modifiedIndex))
}

/**
 * The same for anything that has an ETag; undefined where it is not there.
 *
 * @param what names it to the user
 */
export function checkTag({ ifMatch, ifNoneMatch }: Conditions, what: string, found: string | undefined): void {
  const state = `${what} ${found === undefined ? 'is not there' : `has the ETag ${found}`}`
  if (ifMatch !== undefined && !matches('If-Match', ifMatch, found, false)) {
    throw new PreconditionFailedError(`If-Match is ${ifMatch}`, state)
  }
  if (ifNoneMatch !== undefined && matches('If-None-Match', ifNoneMatch, found, true)) {
    throw new PreconditionFailedError(`If-None-Match is ${ifNoneMatch}`, state)
  }
}

/** Whether a reader has the resource already; throws RequestInvalidError. */
export function hasAlready({ ifNoneMatch }: Conditions, entry: ConfigEntry): boolean {
  return ifNoneMatch !== undefined && matches('If-None-Match', ifNoneMatch, etagOf(entry.modifiedIndex), true)
}

const tag = /^(W\/)?("[\x21\x23-\x7e\x80-\xff]*")$/

/** Weak tags are equal to nothing but where a caller lets them be (RFC 9110, section 8.8.3.2). */
function matches(header: string, list: string, found: string | undefined, takesWeak: boolean): boolean {
  if (list.trim() === '*') return found !== undefined
  const tags = list.split(',').map((each) => {
    const [, weak, opaque = ''] = tag.exec(each.trim()) ?? []
    if (opaque === '') {
      throw new RequestInvalidError(`invalid header ${header}: send "*", or the ETag of an answer with its quotes`)
    }
    return weak === undefined || takesWeak ? opaque : undefined
  })
  return found !== undefined && tags.includes(found)
}
