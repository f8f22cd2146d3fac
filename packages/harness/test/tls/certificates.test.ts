import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type CertificateSet, makeCertificates, readPem } from '../../src/tls/certificates.ts'

describe('makeCertificates', () => {
  let folder: string
  let set: CertificateSet
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'))
    set = await makeCertificates(join(folder, 'set'))
  })
  after(() => rm(folder, { recursive: true }))

  const read = async (file: string) => new X509Certificate(await readPem(file))

  it('signs for localhost and 127.0.0.1 with its own authority, not with the other', async () => {
    const broker = await read(set.certFile)
    assert.equal(broker.checkHost('localhost'), 'localhost')
    assert.equal(broker.checkIP('127.0.0.1'), '127.0.0.1')
    assert.equal(broker.checkHost('broker.example'), undefined)
    assert.ok(broker.verify((await read(set.caFile)).publicKey))
    assert.ok((await read(set.clientCertFile)).verify((await read(set.caFile)).publicKey))
    assert.ok(!broker.verify((await read(set.otherCaFile)).publicKey))
  })

  it('makes key stores, and leaves no half-made folder', async () => {
    for (const { file } of [set.keyStore, set.trustStore]) assert.ok((await stat(file)).size > 0)
    assert.deepEqual(await readdir(folder), ['set'])
  })

  it('makes them once', async () => {
    const { mtimeMs } = await stat(set.certFile)
    assert.deepEqual(await makeCertificates(set.directory), set)
    assert.equal((await stat(set.certFile)).mtimeMs, mtimeMs)
  })
})
