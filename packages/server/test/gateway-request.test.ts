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
    ] as const) {
      assert.equal(toMatchRequest(request('/', { host: header })).host, host)
    }
  })

  for (const url of ['/a%00', '/%', '/../x']) {
    it(`refuses ${url}, which has no one normal form`, () => {
      assert.throws(() => toMatchRequest(request(url)), { code: 'REQUEST_BAD_PATH' })
    })
  }
})
