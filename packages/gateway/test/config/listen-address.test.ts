import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatListenAddress, isLoopback, parseListenAddress } from '../../src/config/listen-address.ts'

test('an address is an IPv4 address, a name or a bracketed IPv6 address, with a port', () => {
  for (const text of ['127.0.0.1:9080', '[::1]:0', 'localhost:65535']) {
    const address = parseListenAddress(text)
    assert.equal(address && formatListenAddress(address), text)
  }
  for (const text of ['9080', '::1:9080', '127.0.0.1:', '127.0.0.1:65536', ':9080', '[::1]', '']) {
    assert.equal(parseListenAddress(text), undefined, text)
  }
})

test('only loopback addresses and localhost stay on this machine', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.equal(isLoopback(host), true, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.org', '']) {
    assert.equal(isLoopback(host), false, host)
  }
})
