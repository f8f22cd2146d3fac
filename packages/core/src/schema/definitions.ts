import type { JsonObject } from '../json.ts'

/** Definitions that several resources share; the limits are APISIX's. */

const id: JsonObject = {
  description: 'Identifier: letters, digits, `-`, `_` and `.`, or an integer from 1.',
  anyOf: [
    { type: 'string', minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9-_.]+$' },
    { type: 'integer', minimum: 1 },
  ],
}

/** An identifier of another resource, with what the reference means. */
export function reference(description: string): JsonObject {
  return { ...id, description }
}

const time: JsonObject = { type: 'integer', description: 'Unix seconds, written by the gateway.' }

/** What every resource has. */
export const meta: JsonObject = {
  id,
  name: { type: 'string', minLength: 1, maxLength: 256, description: 'Name for people; need not be unique.' },
  desc: { type: 'string', maxLength: 256, description: 'What the resource is for.' },
  labels: {
    type: 'object',
    description: 'Labels: a key and a text without white space each; lists can be filtered by key.',
    patternProperties: { '.*': { type: 'string', minLength: 1, maxLength: 256, pattern: '^\\S+$' } },
  },
  create_time: time,
  update_time: time,
}

export const host: JsonObject = {
  type: 'string',
  pattern: '^\\*$|^\\*?[0-9a-zA-Z-._\\[\\]:]+$',
  description: 'Host name; a leading `*` stands for anything.',
}

export const address: JsonObject = {
  description: 'IPv4 or IPv6 address, or a range such as `192.0.2.0/24`.',
  anyOf: [
    { type: 'string', format: 'ipv4' },
    { type: 'string', format: 'ipv4-range' },
    { type: 'string', format: 'ipv6' },
    { type: 'string', format: 'ipv6-range' },
  ],
}

export const method: JsonObject = {
  type: 'string',
  enum: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PURGE'],
  description: 'HTTP method, in upper case.',
}

export const timeout: JsonObject = {
  type: 'object',
  description: 'Time limits in seconds; all three are needed at once.',
  properties: {
    connect: { type: 'number', exclusiveMinimum: 0, description: 'Seconds to open a connection.' },
    send: { type: 'number', exclusiveMinimum: 0, description: 'Seconds between two writes.' },
    read: { type: 'number', exclusiveMinimum: 0, description: 'Seconds between two reads.' },
  },
  required: ['connect', 'send', 'read'],
}

export const plugins: JsonObject = {
  type: 'object',
  description: 'Plugins by name, each with its configuration.',
}

/** A list without repetitions; `minItems` is 0 by default. */
export function uniqueList(items: JsonObject, description: string, minItems = 0): JsonObject {
  return { type: 'array', items, uniqueItems: true, description, ...(minItems === 0 ? {} : { minItems }) }
}
