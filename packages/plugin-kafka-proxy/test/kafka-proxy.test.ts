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
  const ctx: RequestContext = {
    ...createContextValues(),
    request,
    route: { id: '1' },
    signal: new AbortController().signal,
    log,
  }
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

  it('hands them on where an upstream is tested, without a client', () => {
    const values = createContextValues()
    kafkaProxy.create({ sasl: { username: 'u', password: 'p' } }).prepare?.(values)
    assert.deepEqual(values.get(kafkaAccess), { sasl: { username: 'u', password: 'p', mechanism: 'PLAIN' } })
  })

  it('hands on where a token comes from', async () => {
    const client = { token_url: 'https://auth.example/token', client_id: 'id', client_secret: 's' }
    const oauth = { ...client, scope: 'kafka', extensions: { logicalCluster: 'lkc-1' } }
    assert.deepEqual(await accessOf({ sasl: { mechanism: 'OAUTHBEARER', oauth } }), {
      sasl: {
        mechanism: 'OAUTHBEARER',
        oauth: {
          tokenUrl: 'https://auth.example/token',
          clientId: 'id',
          clientSecret: 's',
          scope: 'kafka',
          extensions: { logicalCluster: 'lkc-1' },
        },
      },
    })
    assert.deepEqual(await accessOf({ sasl: { mechanism: 'OAUTHBEARER', oauth: { token: 'a.b-c~d+e/f==' } } }), {
      sasl: { mechanism: 'OAUTHBEARER', oauth: { token: 'a.b-c~d+e/f==' } },
    })
  })

  it('says which field a mechanism needs, or has no use for', async () => {
    const client = { token_url: 'https://auth.example/token', client_id: 'id', client_secret: 's3cret' }
    const mechanism = 'OAUTHBEARER'
    for (const [sasl, text] of [
      [{}, 'property "username" is required'],
      [{ mechanism: 'SCRAM-SHA-256' }, 'property "username" is required'],
      [{ username: 'u' }, 'property "password" is required'],
      [
        { username: 'u', password: 'p', oauth: client },
        'property "oauth" needs the mechanism OAUTHBEARER: set "mechanism", or take "oauth" away',
      ],
      [{ mechanism }, 'property "oauth" is required'],
      [
        { mechanism, oauth: client, password: 'p' },
        'property "password" is not for the mechanism OAUTHBEARER: take it away',
      ],
    ] as const) {
      const message = `property "sasl" validation failed: ${text}`
      await assert.rejects(accessOf({ sasl }), { code: 'KAFKA_PROXY_SASL_INCOMPLETE', message })
    }
    for (const [oauth, text] of [
      [{}, 'property "token_url" or "token" is required'],
      [{ token_url: 'https://auth.example' }, 'property "client_id" is required'],
      [{ token_url: 'https://auth.example', client_id: 'id' }, 'property "client_secret" is required'],
      [
        { ...client, token_url: 'auth.example/token' },
        'property "token_url" validation failed: it is no http or https URL',
      ],
      [
        { ...client, token_url: 'file:///etc/passwd' },
        'property "token_url" validation failed: it is no http or https URL',
      ],
      [
        { ...client, token_url: 'https://id:s3cret@auth.example' },
        'property "token_url" validation failed: it holds credentials: give them as client_id and client_secret',
      ],
      [{ ...client, token: 't' }, 'property "token_url" does not go with "token": take one away'],
      [{ token: 'a b' }, 'property "token" validation failed: it has characters that no bearer token has (RFC 6750)'],
      [
        { token: 't', extensions: { auth: 'x' } },
        'property "extensions" validation failed: the name "auth" belongs to the token',
      ],
      [
        { token: 't', extensions: { 'a-b': 'x' } },
        'property "extensions" validation failed: the name "a-b" is not made of the letters A to Z and a to z',
      ],
      [
        { token: 't', extensions: { a: 'x\x01auth=y' } },
        'property "extensions" validation failed: the value of "a" is empty, or not printable ASCII',
      ],
    ] as const) {
      const message = `property "sasl" validation failed: property "oauth" validation failed: ${text}`
      await assert.rejects(accessOf({ sasl: { mechanism, oauth } }), { code: 'KAFKA_PROXY_OAUTH_UNUSABLE', message })
    }
    await assert.rejects(accessOf({ sasl: { mechanism, oauth: { ...client, ca: '/etc/ca.pem' } } }), {
      code: 'KAFKA_PROXY_CA_UNREADABLE',
      message: /^property "sasl\.oauth" validation failed: property "ca" validation failed: it is no text of PEM/,
    })
  })

  it('refuses lists of revoked certificates that cannot be read', async () => {
    await assert.rejects(accessOf({ tls: { crl: '/etc/ssl/crl.pem' } }), {
      code: 'KAFKA_PROXY_CRL_UNREADABLE',
      message: /give what the file holds, not its path/,
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
    assert.deepEqual(kafkaProxy.secrets, ['sasl.password', 'sasl.oauth.client_secret', 'sasl.oauth.token'])
  })
})
