import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { count, startGateway, type TestGateway } from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'

// Of each round, written one after the other and then again.
const routes = 40

/** Writes routes as fast as they are acknowledged, until the gateway is gone. Gives the last acknowledged uri of each id. */
async function writeUntilGone(gateway: TestGateway, round: number, enough: () => void): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>()
  for (let n = 0; ; n++) {
    const id = `r${round}-${n % routes}`
    const uri = `/${round}/${n}`
    try {
      const { status } = await gateway.admin('PUT', `/routes/${id}`, kafkaRoute(['127.0.0.1:1'], { uri }))
      assert.ok(status === 200 || status === 201)
    } catch {
      return acknowledged
    }
    acknowledged.set(id, uri)
    if (n === 100) enough()
  }
}

const stores = {
  embedded: { rounds: count(20, 200), deployment: '' },
  // Each write renders all that is in the file.
  file: { rounds: count(5, 40), deployment: '  role_traditional: { config_provider: file }' },
}

for (const [name, { rounds, deployment }] of Object.entries(stores)) {
  it(`kill -9 during writes to the store ${name} loses none, nor any of the audit log, in ${rounds} rounds`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-kill-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'apisix.yaml'), '#END\n')
    let expected = new Map<string, string>()
    let checked = 0
    for (let round = 0; round < rounds; round++) {
      const gateway = await startGateway({ folder, deployment })
      const { body } = await gateway.admin('GET', '/routes')
      const stored = new Map<string, string>()
      for (const { value } of routesOf(body)) stored.set(value.id, value.uri)
      for (const [id, uri] of expected) {
        assert.ok(stored.has(id), `${id} is lost`)
        // The write that was under way when the gateway died may have happened, but nothing older may come back.
        assert.ok(
          writeNumber(stored.get(id) ?? '') >= writeNumber(uri),
          `${id}: ${stored.get(id)} is older than ${uri}`,
        )
        checked++
      }
      const { promise: underWay, resolve: enough } = Promise.withResolvers<void>()
      const writing = writeUntilGone(gateway, round, enough)
      await underWay
      await gateway.stop('SIGKILL')
      expected = await writing
      const audited = await auditedWrites(folder)
      for (const [id, uri] of expected) {
        const writes = Math.floor(writeNumber(uri) / routes) + 1
        assert.ok(
          (audited.get(id) ?? 0) >= writes,
          `${id}: ${audited.get(id)} of ${writes} writes are in the audit log`,
        )
      }
    }
    t.diagnostic(`${checked} acknowledged writes checked after ${rounds} kills`)
    assert.ok(checked >= (rounds - 1) * routes)
  })
}

/** How often each route was written, counting writes that have both their intent and their result in the audit log. */
async function auditedWrites(folder: string): Promise<Map<string, number>> {
  const lines = (await readFile(join(folder, 'sluice-data', 'audit.jsonl'), 'utf8')).split('\n').slice(0, -1)
  const intended = new Set<string>()
  const written = new Map<string, number>()
  for (const line of lines) {
    const { request, stage, status, path } = JSON.parse(line)
    const id: string = path.split('/').at(-1)
    if (stage === 'intent') intended.add(request)
    else if (status < 300 && intended.has(request)) written.set(id, (written.get(id) ?? 0) + 1)
  }
  return written
}

function writeNumber(uri: string): number {
  return Number(uri.split('/')[2])
}

function routesOf(
  body: Record<string, unknown>,
): readonly { readonly value: { readonly id: string; readonly uri: string } }[] {
  assert.ok(Array.isArray(body.list))
  return body.list
}
