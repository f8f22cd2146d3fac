import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { toMatchRequest } from '../src/gateway-request.ts'

const request = (url: string, headers: Record<string, string> = {}) => {
  const message = new IncomingMessage(new Socket())
  return Object.assign(message, { url, method: 'GET', headers })
}

describe('toMatchRequest', () => {
  it('takes path and query apart and normalizes the path', () => {
    const { path, query } = toMatchRequest(request('/a//b/../c%20d?x=1&x=2&y=%2F'))
    assert.equal(path, '/a/c d')
    assert.deepEqual(
      [...query],
      [
        ['x', '1'],
        ['x', '2'],
        ['y', '/'],
      ],
    )
  })

  it('reads the host without its port, in lower case', () => {
    for (const [header, host] of [
      ['API.Example.com:9080', 'api.example.com'],
      ['[::1]:80', '[::1]'],
      ['[::1]', '[::1]'],
      ['x', 'x'],
      ['example.com.:80', 'example.com'],
    ] as const) {
      assert.equal(toMatchRequest(request('/', { host: header })).host, host)
    }
  })

  it('takes a target in absolute form, whose host wins over the header', () => {
    for (const [url, path, host] of [
      ['http://a.example:80/b?c=d', '/b', 'a.example'],
      ['http://a.example', '/', 'a.example'],
      ['http://a.example?c=d', '/', 'a.example'],
    ] as const) {
      const read = toMatchRequest(request(url, { host: 'other' }))
      assert.deepEqual([read.path, read.host], [path, host])
    }
  })

  it('refuses a second Host header', () => {
    const twice = Object.assign(request('/', { host: 'a' }), { rawHeaders: ['Host', 'a', 'X', 'host', 'hOST', 'b'] })
    assert.throws(() => toMatchRequest(twice), { code: 'REQUEST_AMBIGUOUS_HOST' })
    assert.doesNotThrow(() => toMatchRequest(Object.assign(twice, { rawHeaders: ['Host', 'a', 'X', 'host'] })))
  })

  for (const url of ['/a%00', '/%', '/../x']) {
    it(`refuses ${url}, which has no one normal form`, () => {
      assert.throws(() => toMatchRequest(request(url)), { code: 'REQUEST_BAD_PATH' })
    })
  }
})
