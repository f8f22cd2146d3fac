import type { JsonObject } from '../json.ts'
import { host, method, uniqueList } from './definitions.ts'

const checkType: JsonObject = {
  type: 'string',
  enum: ['http', 'https', 'tcp'],
  default: 'http',
  description: 'How a node is checked.',
}

const interval: JsonObject = { type: 'integer', minimum: 1, default: 1, description: 'Seconds between two checks.' }

function statuses(defaults: readonly number[], description: string): JsonObject {
  return { ...uniqueList({ type: 'integer', minimum: 200, maximum: 599 }, description, 1), default: defaults }
}

function count(minimum: number, value: number, description: string): JsonObject {
  return { type: 'integer', minimum, maximum: 254, default: value, description }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

const active: JsonObject = {
  type: 'object',
  description: 'Checks that the gateway makes on its own.',
  properties: {
    type: checkType,
    timeout: { type: 'number', default: 1, description: 'Seconds for one check.' },
    concurrency: { type: 'integer', default: 10, description: 'Nodes checked at once.' },
    host: { ...host, description: '`Host` of the checks.' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: "Port of the checks instead of the node's." },
    http_method: { ...method, default: 'GET' },
    http_path: { type: 'string', default: '/', description: 'Path that is asked for.' },
    http_req_body: { type: 'string', default: '', description: 'Body that is sent.' },
    https_verify_certificate: { type: 'boolean', default: true, description: 'Whether the certificate is checked.' },
    req_headers: {
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
      description: 'Further request headers, each as `Name: value`.',
    },
    healthy: {
      type: 'object',
      description: 'When a node counts as healthy.',
      properties: {
        interval,
        http_statuses: statuses([200, 302], 'Statuses that count as a success.'),
        successes: count(1, 2, 'Successes in a row that make a node healthy.'),
      },
    },
    unhealthy: {
      type: 'object',
      description: 'When a node counts as unhealthy.',
      properties: {
        interval,
        http_statuses: statuses([429, 404, 500, 501, 502, 503, 504, 505], 'Statuses that count as a failure.'),
        http_failures: count(1, 5, 'HTTP failures in a row that make a node unhealthy.'),
        tcp_failures: count(1, 2, 'TCP failures in a row that make a node unhealthy.'),
        timeouts: count(1, 3, 'Timeouts in a row that make a node unhealthy.'),
      },
    },
  },
}

const passive: JsonObject = {
  type: 'object',
  description: 'Health judged by the traffic; a count of 0 switches the rule off.',
  properties: {
    type: checkType,
    healthy: {
      type: 'object',
      description: 'When a node counts as healthy.',
      properties: {
        http_statuses: statuses([...range(200, 208), 226, ...range(300, 308)], 'Statuses that count as a success.'),
        successes: count(0, 5, 'Successes in a row that make a node healthy.'),
      },
    },
    unhealthy: {
      type: 'object',
      description: 'When a node counts as unhealthy.',
      properties: {
        http_statuses: statuses([429, 500, 503], 'Statuses that count as a failure.'),
        tcp_failures: count(0, 2, 'TCP failures in a row that make a node unhealthy.'),
        timeouts: count(0, 7, 'Timeouts in a row that make a node unhealthy.'),
        http_failures: count(0, 5, 'HTTP failures in a row that make a node unhealthy.'),
      },
    },
  },
}

/** APISIX field `upstream.checks`. */
export const healthChecks: JsonObject = {
  type: 'object',
  description: 'Health checks of the nodes; used by schemes that choose a node for each request.',
  properties: { active, passive },
  anyOf: [{ required: ['active'] }, { required: ['active', 'passive'] }],
}
