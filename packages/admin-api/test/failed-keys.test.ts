import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FailedKeys } from '../src/failed-keys.ts'
import { createTestAdmin, keys } from './support/admin.ts'

function createFailedKeys() {
  const time = { ms: 0 }
  const limited: string[] = []
  const failed = new FailedKeys(
    () => time.ms,
    (address) => limited.push(address),
  )
  const fail = (address: string, times: number): void => {
    for (let i = 0; i < times; i++) failed.failed(address)
  }
  const isRefused = (address: string, key = 'any'): boolean => {
    try {
      failed.check(address, key)
      return false
    } catch {
      return true
    }
  }
  return { failed, fail, isRefused, limited, time }
}

describe('wrong keys', () => {
  test('refuse the tenth and what comes later within the minute, and no other address', () => {
    const { fail, isRefused, limited, time } = createFailedKeys()
    fail('192.0.2.1', 9)
    assert.equal(isRefused('192.0.2.1'), false)
    fail('192.0.2.1', 1)
    assert.deepEqual([isRefused('192.0.2.1'), isRefused('192.0.2.2'), limited], [true, false, ['192.0.2.1']])
    time.ms = 59_999
    assert.equal(isRefused('192.0.2.1'), true)
    time.ms = 60_000
    assert.equal(isRefused('192.0.2.1'), false)
    fail('192.0.2.1', 9)
    assert.equal(isRefused('192.0.2.1'), false)
  })

  test('do not refuse a key that the address has used before', () => {
    const { failed, fail, isRefused } = createFailedKeys()
    for (const key of ['old', 'a', 'b', 'c', 'd']) failed.succeeded('192.0.2.1', key)
    fail('192.0.2.1', 10)
    assert.deepEqual(
      ['old', 'a', 'd', 'x'].map((key) => isRefused('192.0.2.1', key)),
      [true, false, false, true],
    )
  })

  for (const [one, other, isSame] of [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:0DB8:0001:0002:0:0:0:1', '2001:db8:1:2::7%eth0', true],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::1', '::2', true],
  ] as const) {
    test(`of ${one} ${isSame ? 'count' : 'do not count'} for ${other}`, () => {
      const { fail, isRefused } = createFailedKeys()
      fail(one, 10)
      assert.equal(isRefused(other), isSame)
    })
  }

  test('of ten thousand addresses are remembered', () => {
    const { fail, isRefused } = createFailedKeys()
    fail('first', 10)
    for (let i = 0; i < 9999; i++) fail(`a${i}`, 1)
    assert.equal(isRefused('first'), true)
    fail('one more', 1)
    assert.equal(isRefused('first'), false)
  })
})

test('an address with too many is answered 429, and told when to come again', async () => {
  const { app, clock, entries } = createTestAdmin()
  const ask = (key: string) => app.inject({ url: '/apisix/admin/routes', headers: { 'x-api-key': key } })
  assert.equal((await ask(keys.viewer)).statusCode, 200)
  for (let i = 0; i < 10; i++) assert.equal((await ask(`guess ${i}`)).statusCode, 401)
  const refused = await ask(keys.admin)
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '60'])
  assert.deepEqual(refused.json(), {
    error_msg: 'too many wrong keys came from this address: try again in 60 seconds, with the right one',
  })
  assert.equal((await ask(keys.viewer)).statusCode, 200)
  assert.equal(entries.filter(({ message }) => message.startsWith('an address is refused')).length, 1)
  clock.advance(60_000)
  assert.equal((await ask(keys.admin)).statusCode, 200)
})
