import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { count, startGateway, type TestGateway } from '@sluice/testkit'
import { kafkaRoute } from './support/routes.ts'

/** Writes routes as fast as they are acknowledged, until the gateway is gone. Gives the last acknowledged uri of each id. */
async function writeUntilGone(gateway: TestGateway, round: number, enough: () => void): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>()
  for (let n = 0; ; n++) {
    const id = `r${round}-${n % 40}`
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

describe('kill -9 during writes', () => {
  const rounds = count(20, 200)

  it(`loses no acknowledged write in ${rounds} rounds`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-kill-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    let expected = new Map<string, string>()
    let checked = 0
    for (let round = 0; round < rounds; round++) {
      const gateway = await startGateway({ folder })
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
    }
    t.diagnostic(`${checked} acknowledged writes checked after ${rounds} kills`)
    assert.ok(checked >= (rounds - 1) * 40)
  })
})

function writeNumber(uri: string): number {
  return Number(uri.split('/')[2])
}

function routesOf(
  body: Record<string, unknown>,
): readonly { readonly value: { readonly id: string; readonly uri: string } }[] {
  assert.ok(Array.isArray(body.list))
  return body.list
}
