import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaUpstream, routeCurlLines } from '../src/route.ts'

test('the curl line makes the route that the demonstration makes', () => {
  const upstream = kafkaUpstream('a:9092,[::1]:9093')
  const lines = routeCurlLines({ adminUrl: 'http://127.0.0.1:9180', adminKey: 'k', upstream })
  assert.deepEqual(lines, [
    'curl http://127.0.0.1:9180/apisix/admin/routes/demo -X PUT \\',
    "  -H 'X-API-KEY: k' \\",
    `  -d '{"uri":"/kafka","upstream":{"scheme":"kafka","type":"none","nodes":{"a:9092":1,"[::1]:9093":1}}}'`,
  ])
})
