import { type ConfigEntry, isJsonObject, type Json, type JsonObject } from '@sluice/core'
import { isSluiceError } from '@sluice/spi'
import type { Change } from './changes.ts'
import { etagOf } from './conditions.ts'
import { BodyInvalidError, KeyNotFoundError, PageSizeError, TokenRefusedError } from './errors.ts'

/** An answer: a JSON value, or a text that is sent as it is. */
export interface Answer {
  readonly status: number
  readonly body: Json
  /** Besides those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>
}

/** `key` of an answer: that of the store below `/apisix`. */
function keyOf(storeKey: string): string {
  return `/apisix${storeKey}`
}

/** The answer to a write, with the ETag of what was stored. */
export function written(status: 200 | 201, key: string, value: JsonObject, modifiedIndex?: number): Answer {
  const headers = modifiedIndex === undefined ? {} : { ETag: etagOf(modifiedIndex) }
  return { status, body: { key: keyOf(key), value }, headers }
}

/** The answer to a write that was only tried: what it would be, and what would change. */
export function tried({ status, body }: Answer, changes: readonly Change[]): Answer {
  const planned = isJsonObject(body) ? body : {}
  return { status, body: { ...planned, dry_run: true, changes }, headers: { 'Preference-Applied': 'dry-run' } }
}

/** One resource, as read. */
export function readEntry(entry: ConfigEntry, value: JsonObject): JsonObject {
  const { createdIndex, modifiedIndex } = entry
  return { key: keyOf(entry.key), value, createdIndex, modifiedIndex }
}

/** The answer to DELETE; APISIX's `deleted` is a string. */
export function deleted(key: string): Answer {
  return { status: 200, body: { deleted: '1', key: keyOf(key) } }
}

/**
 * The answer to an error: a text of the catalogue, or nothing but that something failed.
 *
 * @param rawBody what was sent, shown again where it is not JSON
 */
export function answerError(error: unknown, rawBody: string): Answer {
  const status = isSluiceError(error) ? (error.place.status ?? 500) : 500
  if (!isSluiceError(error)) return { status, body: { error_msg: 'internal error, see the log of the gateway' } }
  const { message } = error
  switch (error.code) {
    case TokenRefusedError.code:
      return { status, body: { error_msg: 'failed to check token', description: message } }
    case KeyNotFoundError.code:
      return { status, body: { message } }
    case BodyInvalidError.code:
      return { status, body: { error_msg: message, req_body: rawBody } }
    case PageSizeError.code:
      return { status, body: message }
    default:
      return { status, body: { error_msg: message } }
  }
}

/** The bytes of an answer: JSON and one newline; a plain text as it is. */
export function serialize(body: Json): string {
  return typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
}
