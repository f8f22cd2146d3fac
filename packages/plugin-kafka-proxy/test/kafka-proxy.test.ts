import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rootCertificates } from 'node:tls'
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
    const ca = rootCertificates.slice(0, 2).join('\n')
    assert.deepEqual(await accessOf({ tls: { ca, server_name: 'kafka.example' } }), {
      tls: { ca, serverName: 'kafka.example' },
    })
    assert.deepEqual(await accessOf({}), {})
  })

  it('refuses certificates that would be passed over in silence', async () => {
    const [certificate = ''] = rootCertificates
    const broken = certificate.replace('MII', 'AAA')
    for (const [ca, text] of [
      ['/etc/ssl/ca.pem', /give what the file holds, not its path/],
      [certificate.slice(0, 200), /no text of PEM certificates/],
      [`${certificate}\n${broken}`, /certificate 2 in it cannot be read/],
    ] as const) {
      await assert.rejects(accessOf({ tls: { ca } }), text)
    }
  })

  it('keeps the place and the secret field that APISIX gives it', () => {
    assert.equal(kafkaProxy.priority, 508)
    assert.deepEqual(kafkaProxy.secrets, ['sasl.password'])
  })
})
