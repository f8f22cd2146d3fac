import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistry } from '../../src/registry.ts'
import { route } from '../../src/resources/route.ts'
import { service } from '../../src/resources/service.ts'
import { upstream } from '../../src/resources/upstream.ts'
import { mapSecrets } from '../../src/secrets/secret-fields.ts'
import { recordingPlugin } from '../support/route-table.ts'

const registry = createRegistry([], [recordingPlugin('p', 1)])
const change = (text: string, location: string) => `${location}=${text}`
const tls = { client_cert: 'c', client_key: 'k' }

test('changes the secrets of plugins and of the inline upstream, and nothing else', () => {
  const value = {
    uri: '/a',
    plugins: { p: { password: 'x', tries: 1 }, other: { password: 'y' }, empty: [] },
    upstream: { tls, key: 'z' },
  }
  const changed = {
    uri: '/a',
    plugins: { p: { password: 'plugins.p.password=x', tries: 1 }, other: { password: 'y' }, empty: [] },
    upstream: { tls: { client_cert: 'c', client_key: 'upstream.tls.client_key=k' }, key: 'z' },
  }
  assert.deepEqual(mapSecrets(route, value, registry, change), changed)
  assert.deepEqual(mapSecrets(service, value, registry, change), changed)
})

test('changes the secret of an upstream', () => {
  assert.deepEqual(mapSecrets(upstream, { tls }, registry, change), {
    tls: { client_cert: 'c', client_key: 'tls.client_key=k' },
  })
})

test('leaves references to secrets kept elsewhere, and resources without secrets', () => {
  for (const value of [{ plugins: { p: { password: '$env://PASSWORD' } } }, { plugins: [] }, {}]) {
    assert.deepEqual(mapSecrets(route, value, registry, change), value)
  }
})
