import type { JsonObject } from '@sluice/core'
import { schemaRef } from './component-schemas.ts'

/** An answer with a JSON value. */
export function jsonAnswer(description: string, schema: JsonObject, headers?: JsonObject): JsonObject {
  return { description, ...(headers && { headers }), content: { 'application/json': { schema } } }
}

/** References to some of {@link sharedAnswers}, by their status. */
export function answerRefs(...statuses: readonly (keyof typeof sharedAnswers)[]): JsonObject {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]))
}

/** The answers that many operations have, by the names that they are referred to by. */
export const namedAnswers = (): JsonObject =>
  Object.fromEntries(Object.entries(sharedAnswers).map(([status, answer]) => [nameOf(status), answer]))

const nameOf = (status: string): string => (status === 'default' ? 'error' : `error_${status}`)

const failure = schemaRef('error')

const sharedAnswers = {
  '304': { description: 'The resource is as it was: it has an ETag of `If-None-Match`.' },
  '400': jsonAnswer('The request is refused. A wrong `page_size` is answered by a plain text.', failure),
  '401': jsonAnswer('No key, not a key, or one that may not do this.', failure),
  '403': jsonAnswer('The address, the name in `Host` or the origin of the page may not ask.', failure),
  '404': jsonAnswer('There is none, or nothing to put it below.', { anyOf: [schemaRef('key_not_found'), failure] }),
  '409': jsonAnswer('Somebody else wrote at the same time.', failure),
  '412': jsonAnswer('The resource is another one than the headers ask for.', failure),
  '429': jsonAnswer('Too many wrong keys came from this address; `Retry-After` says for how many seconds.', failure),
  default: jsonAnswer('The gateway could not do it now; the text says why.', failure),
} as const satisfies Record<string, JsonObject>

const text: JsonObject = { type: 'string' }
const index: JsonObject = { type: 'integer', description: 'A revision of the store.' }
const key: JsonObject = { ...text, description: 'Key of the resource in the store.' }

const dryRun: JsonObject = {
  dry_run: { type: 'boolean', const: true, description: 'Nothing was stored.' },
  changes: { type: 'array', items: schemaRef('change'), description: 'Of a dry run: what would change.' },
}

/** The header of answers about one resource. */
export const etag: JsonObject = { ETag: { description: 'Index of its last write, in quotes.', schema: text } }

/** One resource, as read. */
export function entryOf(value: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['key', 'value', 'createdIndex', 'modifiedIndex'],
    properties: { key, value, createdIndex: index, modifiedIndex: index },
    additionalProperties: false,
  }
}

/** A list of resources. */
export function listOf(value: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['list', 'total'],
    properties: {
      list: { type: 'array', items: entryOf(value) },
      total: { type: 'integer', description: 'How many there are on all pages.' },
    },
    additionalProperties: false,
  }
}

/** What is answered to a write. */
export function writtenOf(value: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['key', 'value'],
    properties: { key, value, ...dryRun },
    additionalProperties: false,
  }
}

/** What is answered to DELETE. */
export const deletedAnswer: JsonObject = {
  type: 'object',
  required: ['deleted', 'key'],
  properties: { deleted: { ...text, const: '1' }, key, ...dryRun },
  additionalProperties: false,
}
