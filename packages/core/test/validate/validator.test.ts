import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/json.ts'
import { route } from '../../src/resources/route.ts'
import { service } from '../../src/resources/service.ts'
import { upstream as upstreams } from '../../src/resources/upstream.ts'
import { createValidator } from '../../src/validate/validator.ts'
import { testRegistry } from '../support/test-registry.ts'

const upstream = (tls?: JsonObject): JsonObject => ({
  scheme: 'kafka',
  type: 'none',
  nodes: { 'broker:9092': 1 },
  ...(tls === undefined ? {} : { tls }),
})

const resources = (tls?: JsonObject) =>
  [
    [route, { uri: '/', upstream: upstream(tls) }],
    [service, { upstream: upstream(tls) }],
    [upstreams, upstream(tls)],
  ] as const

test('TLS without verification is taken, unless verification is required', () => {
  const lax = createValidator(testRegistry)
  const strict = createValidator(testRegistry, { requireVerify: true })
  for (const tls of [{}, { verify: false }]) {
    for (const [kind, value] of resources(tls)) {
      lax.checkFields(kind, value)
      assert.throws(() => strict.checkFields(kind, value), {
        code: 'RESOURCE_INVALID',
        message:
          'invalid configuration: upstream.tls.verify must be true: egress.require_verify of this gateway refuses TLS without it',
      })
    }
  }
  for (const [kind, value] of [...resources({ verify: true }), ...resources()]) strict.checkFields(kind, value)
})
