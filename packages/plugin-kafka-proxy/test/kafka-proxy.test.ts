import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { kafkaAccess } from '@sluice/scheme-kafka/context'
import { createContextValues, type RequestContext } from '@sluice/spi'
import kafkaProxy from '../src/index.ts'

const accessOf = async (config: unknown) => {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const request = {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    host: '',
    remoteAddress: '',
    params: {},
  }
  const ctx: RequestContext = { ...createContextValues(), request, route: { id: '1' }, log }
  await kafkaProxy.create(config).access?.(ctx)
  return ctx.get(kafkaAccess)
}

describe('kafka-proxy', () => {
  it('hands credentials to the kafka scheme, PLAIN unless the mechanism is named', async () => {
    const sasl = { username: 'u', password: 'p' }
    assert.deepEqual(await accessOf({ sasl }), { sasl: { ...sasl, mechanism: 'PLAIN' } })
    assert.deepEqual(await accessOf({ sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' } }), {
      sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' },
    })
  })

  it('hands on what is to be trusted and checked', async () => {
    assert.deepEqual(await accessOf({ tls: { ca: 'PEM', server_name: 'kafka.example' } }), {
      tls: { ca: 'PEM', serverName: 'kafka.example' },
    })
    assert.deepEqual(await accessOf({}), {})
  })

  it('keeps the place and the secret field that APISIX gives it', () => {
    assert.equal(kafkaProxy.priority, 508)
    assert.deepEqual(kafkaProxy.secrets, ['sasl.password'])
  })
})
