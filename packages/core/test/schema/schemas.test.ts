import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Scheme, spiVersion } from '@sluice/spi'
import Type from 'typebox'
import { objectOf, stringsOf } from '../../src/json-fields.ts'
import { createRegistry } from '../../src/registry.ts'
import { upstream as upstreams } from '../../src/resources/upstream.ts'
import { createSchemas } from '../../src/schema/schemas.ts'
import { testRegistry } from '../support/test-registry.ts'

function scheme(name: string): Scheme {
  const create = () => assert.fail('a schema opens no scheme')
  return {
    kind: 'scheme',
    spi: spiVersion,
    name,
    options: Type.Object({ size: Type.Integer({ default: 1 }) }),
    usage: '',
    create,
  }
}

test('an upstream takes the schemes that are registered, with their options, besides those of APISIX', () => {
  const upstream = createSchemas(createRegistry([scheme('foo')], []))
    .resources.get(upstreams)
    ?.get('upstream')
  const properties = objectOf(upstream?.properties)
  assert.deepEqual(stringsOf(objectOf(properties?.scheme)?.enum), [
    ...['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'udp', 'kafka'],
    'foo',
  ])
  assert.deepEqual(properties?.foo, {
    type: 'object',
    required: ['size'],
    properties: { size: { type: 'integer', default: 1 } },
  })
  assert.equal(properties?.kafka, undefined)
})

for (const name of ['tls', 'nodes', 'scheme', 'id']) {
  test(`a scheme must not be called ${name}`, () => {
    assert.throws(
      () => createSchemas(createRegistry([scheme(name)], [])),
      new RegExp(`scheme ${name} has the name of a field of upstreams`),
    )
  })
}

test('every plugin has _meta and the mark', () => {
  const schema = createSchemas(testRegistry).plugins.get('kafka-proxy')?.config
  const properties = objectOf(schema?.properties) ?? {}
  assert.deepEqual(Object.keys(properties), ['sasl', '_meta'])
  assert.equal(schema?.$comment, 'this is a mark for our injected plugin schema')
})

test('every field of a resource says what it is, and no other field is allowed, but for secrets', () => {
  for (const [{ kind }, variants] of createSchemas(testRegistry).resources) {
    for (const schema of variants.values()) {
      // That of a plugin's metadata is the plugin's.
      if (kind === 'plugin_metadata') continue
      if (kind !== 'secret') assert.equal(schema.additionalProperties, false, kind)
      for (const [name, field] of Object.entries(objectOf(schema.properties) ?? {})) {
        if (name !== 'kafka') assert.equal(typeof objectOf(field)?.description, 'string', `${kind}.${name}`)
      }
    }
  }
})
