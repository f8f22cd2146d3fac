import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { type JsonObject, openMemoryStore } from '@sluice/core'
import { createSelfSigned } from '../../admin-api/test/support/self-signed.ts'
import { followExpiry } from '../src/certificate-expiry.ts'
import { createMetrics } from '../src/metrics.ts'

const name = 'sluice_certificate_expiry_timestamp_seconds'

test('tells when the first certificate that is shown expires, and which ones do so soon', async (t) => {
  const store = openMemoryStore()
  const metrics = createMetrics()
  t.after(() => metrics.close())
  const { cert } = createSelfSigned('one.example')
  const expires = new X509Certificate(cert).validToDate.getTime()
  let now = expires - 15 * 24 * 3600 * 1000
  const warned: object[] = []
  const log = { warn: (fields: object) => void warned.push(fields) }
  const decrypt = (text: string): string => text.replace(/^sealed:/, '')
  const stop = await followExpiry({ store, decrypt, metrics: metrics.metrics, log, now: () => now })
  t.after(stop)
  const put = (id: string, value: JsonObject) => store.transact([], [{ kind: 'put', key: `/ssls/${id}`, value }])
  const told = async () => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.render())?.[1])

  assert.equal(await told(), 0)
  for (const unseen of [{ cert, type: 'client' }, { cert, status: 0 }, { cert: '$secret://vault/1/a/b' }]) {
    await put('unseen', unseen)
    assert.equal(await told(), 0)
  }
  await put('1', { cert: `sealed:${cert}` })
  assert.equal(await told(), expires / 1000)
  assert.deepEqual(warned, [])
  now = expires - 13 * 24 * 3600 * 1000
  await put('2', { cert: 'no certificate', certs: [cert] })
  assert.deepEqual(warned, [{ key: '/ssls/2', expires: new Date(expires).toISOString() }])
  await store.transact(
    [],
    ['1', '2'].map((id) => ({ kind: 'delete', key: `/ssls/${id}` })),
  )
  assert.equal(await told(), 0)
})
