import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenOn } from '../../src/start/listen.ts'

const admin = { what: 'the Admin API', key: 'deployment.admin.admin_listen' }
const address = { host: '127.0.0.1', port: 9180 }

test('the result of listening is handed on', async () => {
  assert.equal(await listenOn(admin, address, async ({ port }) => port + 1), 9181)
})

for (const [code, remedy] of [
  ['EADDRINUSE', 'another program listens there; stop it or change deployment.admin.admin_listen'],
  ['EACCES', 'this user may not; choose a port above 1023 in deployment.admin.admin_listen'],
  ['EADDRNOTAVAIL', 'this machine has no such address; change deployment.admin.admin_listen'],
  ['ENOTFOUND', 'no such host name; change deployment.admin.admin_listen'],
] as const) {
  test(`${code} names the listener, its address and the key to change`, async () => {
    const cause = Object.assign(new Error('listen'), { code })
    await assert.rejects(
      listenOn(admin, address, () => Promise.reject(cause)),
      {
        code: 'LISTEN_FAILED',
        message: `cannot listen on 127.0.0.1:9180 for the Admin API: ${remedy} (${code})`,
        cause,
      },
    )
  })
}
