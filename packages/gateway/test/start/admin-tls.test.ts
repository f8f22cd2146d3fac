import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createSelfSigned } from '../../../admin-api/test/support/self-signed.ts'
import { openAdminTls } from '../../src/start/admin-tls.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

const [first, second] = [createSelfSigned('first'), createSelfSigned('second')]

describe('the certificate of the Admin API', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-admin-tls-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const write = async (texts: { readonly cert?: string; readonly key?: string; readonly ca?: string }) => {
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text)
    return { certFile: join(folder, 'cert'), keyFile: join(folder, 'key') }
  }

  it('is given to servers anew when its files have changed, and only then', async (test) => {
    const log = createRecordedLog()
    const { tls, reload } = await openAdminTls(await write(first), log)
    assert.deepEqual({ cert: tls.cert, key: tls.key }, first)
    const server = createServer({ cert: tls.cert, key: tls.key })
    const exchange = test.mock.method(server, 'setSecureContext')
    tls.onServer?.(server)
    await reload()
    assert.equal(exchange.mock.callCount(), 0)
    await write(second)
    await reload()
    await reload()
    assert.deepEqual(
      exchange.mock.calls.map(({ arguments: [options] }) => options),
      [{ ...second, minVersion: 'TLSv1.2' }],
    )
    assert.deepEqual(log.lines, ['info the certificate of the Admin API has changed: new connections get it'])
  })

  it('stays while its files do not fit, of which the second try tells', async (test) => {
    const log = createRecordedLog()
    const { tls, reload } = await openAdminTls(await write(first), log)
    const server = createServer({ cert: tls.cert, key: tls.key })
    const exchange = test.mock.method(server, 'setSecureContext')
    tls.onServer?.(server)
    await write({ cert: second.cert })
    await reload()
    assert.deepEqual(log.lines, [])
    await reload()
    await reload()
    assert.deepEqual(log.lines, ['error the Admin API goes on with the certificate that it has'])
    assert.equal(exchange.mock.callCount(), 0)
    await write(second)
    await reload()
    assert.equal(exchange.mock.callCount(), 1)
  })

  const unusable: readonly (readonly [what: string, texts: Parameters<typeof write>[0], message: RegExp])[] = [
    [
      'a certificate that is none',
      { ...first, cert: 'x' },
      /cert with .*key for the TLS of the Admin API: .*; correct/,
    ],
    ['a key of another certificate', { ...first, key: second.key }, /key values mismatch/],
    ['CAs that are none', { ...first, ca: 'x' }, /cannot use \S+ca for the TLS of the Admin API/],
  ]
  for (const [what, texts, message] of unusable) {
    it(`is refused at the start: ${what}`, async () => {
      const files = { ...(await write(texts)), ...(texts.ca !== undefined && { clientCaFile: join(folder, 'ca') }) }
      await assert.rejects(openAdminTls(files, createRecordedLog()), { code: 'ADMIN_TLS_UNUSABLE', message })
    })
  }

  it('is refused at the start: a file that is not there', async () => {
    const files = { certFile: join(folder, 'none'), keyFile: join(folder, 'key') }
    await assert.rejects(openAdminTls(files, createRecordedLog()), { code: 'ADMIN_TLS_UNUSABLE', message: /ENOENT/ })
  })
})
