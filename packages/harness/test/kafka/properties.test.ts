import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BrokerSettings, renderProperties } from '../../src/kafka/properties.ts'

const settings: BrokerSettings = {
  nodeId: 2,
  ports: { controller: 11, internal: 12, listeners: [{ name: 'SASL_SSL', port: 13 }] },
  voters: ['1@127.0.0.1:1', '2@127.0.0.1:11', '3@127.0.0.1:3'],
  dataDirectory: '/data',
  users: [{ username: 'u', password: 'a "quoted" \\ ü' }],
  tls: undefined,
  properties: { 'broker.session.timeout.ms': '1' },
}

describe('renderProperties', () => {
  const lines = renderProperties(settings).split('\n')
  const value = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)

  it('names every listener with its protocol', () => {
    assert.equal(value('listeners'), 'SASL_SSL://127.0.0.1:13,INTERNAL://127.0.0.1:12,CONTROLLER://127.0.0.1:11')
    assert.equal(value('advertised.listeners'), 'SASL_SSL://127.0.0.1:13,INTERNAL://127.0.0.1:12')
    assert.equal(value('listener.security.protocol.map'), 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,SASL_SSL:SASL_SSL')
  })

  it('keeps what the topics of Kafka itself hold on every node', () => {
    assert.equal(value('offsets.topic.replication.factor'), '3')
  })

  it('escapes passwords for JAAS and for the file', () => {
    assert.equal(
      value('listener.name.sasl_ssl.plain.sasl.jaas.config'),
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_u="a \\\\"quoted\\\\" \\\\\\\\ \\u00fc";',
    )
  })

  it('lets given properties win', () => {
    assert.equal(value('broker.session.timeout.ms'), '1')
  })
})
