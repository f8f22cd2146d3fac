import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createValidator, resourceTypes } from '@sluice/core'
import { testRegistry } from '../../../core/test/support/test-registry.ts'
import { createTestAdmin, keys } from '../support/admin.ts'

const { schemas } = createValidator(testRegistry)

async function get(path: string): Promise<unknown> {
  const headers = { 'x-api-key': keys.admin }
  const answer = await createTestAdmin().app.inject({ url: `/apisix/admin${path}`, headers })
  assert.equal(answer.statusCode, 200)
  return answer.json()
}

for (const type of resourceTypes.filter(({ hasVariants, identity }) => !hasVariants && identity !== 'name')) {
  test(`shows the schema that a ${type.title} is checked with`, async () => {
    assert.deepEqual(await get(`/schema/${type.kind}`), schemas.resources.get(type)?.get(type.kind))
  })
}

test('shows the schema of a plugin below both paths', async () => {
  const { config } = schemas.plugins.get('kafka-proxy') ?? {}
  assert.notEqual(config, undefined)
  assert.deepEqual(await get('/plugins/kafka-proxy'), config)
  assert.deepEqual(await get('/schema/plugins/kafka-proxy'), config)
})

test('tells everything about all plugins', async () => {
  const keyAuth = schemas.plugins.get('key-auth')
  const limitCount = schemas.plugins.get('limit-count')
  const all = await get('/plugins?all=true')
  assert.partialDeepStrictEqual(all, {
    'key-auth': {
      priority: 2500,
      version: '0.1',
      schema: keyAuth?.config,
      consumer_schema: keyAuth?.consumer,
      type: 'auth',
    },
    'limit-count': {
      priority: 1002,
      version: '0.5',
      schema: limitCount?.config,
      metadata_schema: limitCount?.metadata,
    },
  })
  assert.deepEqual(Object.keys(Object(all)).sort(), [...testRegistry.plugins.keys()].sort())
  assert.deepEqual(Object.keys(Object(all)['limit-count']), ['priority', 'version', 'schema', 'metadata_schema'])
})
