import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrowserGuard } from '../src/browser-guard.ts'

const local = ['localhost', '127.0.0.1', '::1', 'Admin.Example']

const hosts: readonly (readonly [host: string | undefined, isAllowed: boolean])[] = [
  ['localhost', true],
  ['LOCALHOST:9180', true],
  ['localhost.:9180', true],
  ['127.0.0.1:9180', true],
  ['[::1]:9180', true],
  ['[::1]', true],
  ['admin.example:1', true],
  // HTTP/1.0, which has no such header and which no browser speaks.
  [undefined, true],
  ['', false],
  ['evil.example', false],
  ['evil.example:9180', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['127.0.0.2', false],
  ['localhost@evil.example', false],
  ['[::1].evil.example', false],
  ['localhost, evil.example', false],
]

for (const [host, isAllowed] of hosts) {
  test(`${isAllowed ? 'answers to' : 'refuses'} the host ${host}`, () => {
    const check = () => createBrowserGuard(local, []).check({ host, origin: undefined })
    if (isAllowed) check()
    else assert.throws(check, { code: 'ADMIN_HOST_NOT_ALLOWED' })
  })
}

test('answers to every host where none are given', () => {
  createBrowserGuard(undefined, []).check({ host: 'gateway.internal:9180', origin: undefined })
})

const origins: readonly (readonly [origin: string, allowed: readonly string[], isAllowed: boolean])[] = [
  // The page that the API itself would serve.
  ['http://127.0.0.1:9180', [], true],
  ['https://127.0.0.1:9180', [], true],
  ['http://127.0.0.1:9999', [], false],
  ['http://localhost:9180', [], false],
  ['https://evil.example', [], false],
  ['null', [], false],
  ['', [], false],
  ['https://console.example', ['https://console.example'], true],
  ['https://console.example.evil', ['https://console.example'], false],
  ['http://console.example', ['https://console.example'], false],
  ['https://evil.example', ['*'], true],
]

for (const [origin, allowed, isAllowed] of origins) {
  test(`${isAllowed ? 'takes' : 'refuses'} the origin ${origin} with ${allowed.join() || 'none'} allowed`, () => {
    const check = () => createBrowserGuard(local, allowed).check({ host: '127.0.0.1:9180', origin })
    if (isAllowed) check()
    else assert.throws(check, { code: 'ADMIN_ORIGIN_NOT_ALLOWED' })
  })
}

test('a page is foreign under its own name, too, where any name is answered to', () => {
  const guard = createBrowserGuard(undefined, [])
  const rebound = { host: 'evil.example:9180', origin: 'http://evil.example:9180' }
  assert.throws(() => guard.check(rebound), { code: 'ADMIN_ORIGIN_NOT_ALLOWED' })
})
