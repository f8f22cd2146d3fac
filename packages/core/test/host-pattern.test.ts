import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostKey, normalizeHost } from '../src/host-pattern.ts'

test('a host pattern becomes the key of its reversed name', () => {
  assert.deepEqual(hostKey('Foo.com'), { key: 'moc.oof', kind: 'exact' })
  assert.deepEqual(hostKey('*.foo.com'), { key: 'moc.oof.', kind: 'prefix' })
  assert.deepEqual(hostKey('*'), { key: '', kind: 'prefix' })
})

const headers: readonly (readonly [header: string | undefined, host: string])[] = [
  ['Foo.COM', 'foo.com'],
  ['foo.com:9080', 'foo.com'],
  ['foo.com.', 'foo.com'],
  ['foo.com.:9080', 'foo.com'],
  ['[::1]:9080', '[::1]'],
  ['[::1]', '[::1]'],
  ['127.0.0.1:80', '127.0.0.1'],
  [undefined, ''],
]

for (const [header, host] of headers) {
  test(`the host of ${header} is ${host}`, () => {
    assert.equal(normalizeHost(header), host)
  })
}
