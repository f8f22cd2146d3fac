import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from '../src/backoff.ts'
import { parseFault, wasNeverSent } from '../src/fault.ts'
import { Layout } from '../src/layout.ts'
import { decodeText, encodePrefixEnd, encodeText, parseRevision } from '../src/wire.ts'

test('64-bit integers are texts; what cannot be exact is refused', () => {
  assert.equal(parseRevision('9007199254740991'), Number.MAX_SAFE_INTEGER)
  assert.equal(parseRevision(undefined), 0)
  assert.throws(() => parseRevision('9007199254740992'), { code: 'STORE_ETCD_INDEX_TOO_LARGE' })
})

test('a range ends before the first key without the prefix', () => {
  assert.equal(decodeText(encodePrefixEnd('/apisix/')), '/apisix0')
  const end = Buffer.from(encodePrefixEnd('/é'), 'base64')
  assert.ok(end.compare(Buffer.from('/é\u{10ffff}')) > 0)
  assert.ok(end.compare(Buffer.from('/ê')) <= 0)
})

const layout = new Layout('/apisix/')
const decode = (key: string, value: string) =>
  layout.decode({ key: encodeText(key), value: encodeText(value), create_revision: '3', mod_revision: '7' })

test('a key below the prefix is a resource, one that ends in a slash a marker', () => {
  const entry = { key: '/routes/1', value: { uri: '/a' }, createdIndex: 3, modifiedIndex: 7 }
  assert.deepEqual(decode('/apisix/routes/1', '{"uri":"/a"}'), { kind: 'entry', entry })
  assert.deepEqual(decode('/apisix/routes/', 'init_dir'), { kind: 'marker' })
})

for (const text of ['', 'nonsense', '[1]', '"text"', 'null', '{"a":']) {
  test(`${text || 'an empty value'} is no resource`, () => {
    assert.deepEqual(decode('/apisix/routes/1', text), { kind: 'broken', key: '/routes/1' })
  })
}

test('faults are told apart by their code and their text', () => {
  const fault = (code: number, message: string) => parseFault(500, JSON.stringify({ code, message }))
  assert.equal(fault(16, 'etcdserver: invalid auth token').isStaleToken, true)
  assert.equal(fault(3, 'auth: revision of auth store is old').isStaleToken, true)
  assert.equal(fault(3, 'etcdserver: authentication failed, invalid user ID or password').isStaleToken, false)
  assert.equal(fault(14, 'etcdserver: request timed out').isTransient, true)
  assert.equal(fault(7, 'etcdserver: permission denied').isTransient, false)
  assert.equal(fault(11, 'etcdserver: mvcc: required revision has been compacted').isCompacted, true)
  assert.equal(parseFault(502, '<html>Bad gateway</html>').isTransient, true)
  assert.equal(parseFault(404, 'not found').message, 'HTTP status 404: not found')
})

test('only what failed before a connection was there was never sent', () => {
  const failure = (code: string) => Object.assign(new Error(code), { code })
  assert.equal(wasNeverSent(failure('ECONNREFUSED')), true)
  assert.equal(wasNeverSent(failure('CERT_HAS_EXPIRED')), true)
  assert.equal(wasNeverSent(failure('ECONNRESET')), false)
  assert.equal(wasNeverSent(failure('UND_ERR_SOCKET')), false)
})

test('waits get longer, up to five seconds, and spread by half', () => {
  assert.deepEqual(
    [1, 2, 3, 7, 50].map((failures) => [backoffMs(failures, 0), backoffMs(failures, 1)]),
    [
      [50, 100],
      [100, 200],
      [200, 400],
      [2500, 5000],
      [2500, 5000],
    ],
  )
})
