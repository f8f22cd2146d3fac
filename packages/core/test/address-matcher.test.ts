import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressMatcher, isAddressRange, normalizeAddress } from '../src/address-matcher.ts'

test('matches addresses and ranges of both families', () => {
  const matches = createAddressMatcher(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32', '::1'])
  for (const address of ['192.0.2.1', '10.255.0.1', '2001:db8:1::9', '0:0:0:0:0:0:0:1', '::ffff:10.1.2.3']) {
    assert.equal(matches(address), true, address)
  }
  for (const address of ['192.0.2.2', '11.0.0.1', '2001:db9::1', '::2', '', 'unix:']) {
    assert.equal(matches(address), false, address)
  }
})

test('a prefix length of zero matches its whole family and no other', () => {
  const matches = createAddressMatcher(['0.0.0.0/0'])
  assert.equal(matches('203.0.113.7'), true)
  assert.equal(matches('2001:db8::1'), false)
})

test('tells addresses and ranges from other texts', () => {
  for (const text of ['192.0.2.1', '192.0.2.0/24', '::/0', '2001:db8::1/128'])
    assert.equal(isAddressRange(text), true, text)
  for (const text of [
    '',
    '192.0.2',
    '192.0.2.1/33',
    '::/129',
    '192.0.2.0/',
    '192.0.2.0/24/1',
    'host',
    'fe80::1%eth0',
  ]) {
    assert.equal(isAddressRange(text), false, text)
  }
})

test('brings mapped addresses and zones to the form of the rules', () => {
  assert.equal(normalizeAddress('::FFFF:192.0.2.1'), '192.0.2.1')
  assert.equal(normalizeAddress('fe80::1%eth0'), 'fe80::1')
  assert.equal(normalizeAddress('2001:db8::1'), '2001:db8::1')
})
