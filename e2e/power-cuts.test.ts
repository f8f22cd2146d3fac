import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { cleanUpAfter, count, startGateway, type TestGateway } from '@sluice/harness'
import { kafkaRoute } from './support/routes.ts'

const run = promisify(execFile)
const cuts = count(0, 30)
const IMAGE_BYTES = 400 * 1024 * 1024
/** Acknowledged writes before each cut. */
const WRITES = 20

/**
 * A file system of its own whose power is cut: XFS on a loop device, whose `shutdown` drops everything that was not made
 * durable, the log of the file system included. Mounted again it is what a machine finds after the cut.
 */
async function makeDisk(folder: string) {
  const [image, place] = [join(folder, 'image'), join(folder, 'mount')]
  await writeFile(image, '')
  await truncate(image, IMAGE_BYTES)
  await mkdir(place)
  await run('mkfs.xfs', ['-q', image])
  const mount = () => run('mount', ['-o', 'loop', image, place])
  await mount()
  return {
    place,
    async cut() {
      await run('xfs_io', ['-x', '-c', 'shutdown', place])
    },
    async restore() {
      await run('umount', [place])
      await mount()
    },
    async remove() {
      await run('umount', ['-l', place]).catch(() => {})
    },
  }
}

/** Why power cannot be cut here; false where it can. */
async function whyNot(): Promise<string | false> {
  if (cuts === 0) return 'only in npm run test:full'
  const folder = await mkdtemp(join(tmpdir(), 'sluice-power-'))
  try {
    const disk = await makeDisk(folder)
    await disk.cut()
    await disk.remove()
    return false
  } catch (error) {
    return `this machine mounts no XFS image (root and xfsprogs are needed): ${error instanceof Error ? error.message.split('\n')[0] : error}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const skip = await whyNot()

async function writeRoutes(gateway: TestGateway, name: string): Promise<void> {
  for (let i = 0; i < WRITES; i++) {
    const { status } = await gateway.admin(
      'PUT',
      `/routes/${name}-${i}`,
      kafkaRoute(['127.0.0.1:1'], { uri: `/${name}/${i}` }),
    )
    assert.equal(status, 201)
  }
}

async function routesOf(gateway: TestGateway): Promise<ReadonlySet<string>> {
  const { body } = await gateway.admin('GET', '/routes')
  const list: readonly { readonly value: { readonly id: string } }[] = Array.isArray(body.list) ? body.list : []
  return new Set(list.map(({ value }) => value.id))
}

describe('a power cut', { skip }, () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-power-'))
  })

  for (const store of ['embedded', 'file']) {
    it(`loses no acknowledged write of the store ${store}, in ${cuts} cuts`, async (t) => {
      const { defer } = cleanUpAfter(t)
      const own = join(folder, store)
      await mkdir(own)
      const disk = await makeDisk(own)
      defer(() => disk.remove())
      await writeFile(join(disk.place, 'apisix.yaml'), '#END\n')
      await run('sync', ['-f', disk.place])
      const options = {
        folder: disk.place,
        deployment: `  role_traditional: { config_provider: ${store} }`,
        workers: 1,
      }
      const expected = new Set<string>()
      for (let cut = 0; cut < cuts; cut++) {
        const gateway = await startGateway(options)
        const found = await routesOf(gateway)
        for (const id of expected) assert.ok(found.has(id), `${id} is lost after cut ${cut}`)
        // A file holds all of them, and is written anew each time.
        const name = `r${cut % 5}`
        for (const id of found) {
          if (id.startsWith(`${name}-`)) await gateway.admin('DELETE', `/routes/${id}`)
        }
        await writeRoutes(gateway, name)
        for (let i = 0; i < WRITES; i++) expected.add(`${name}-${i}`)
        await disk.cut()
        await gateway.stop('SIGKILL')
        await disk.restore()
      }
      assert.ok(expected.size >= WRITES)
    })
  }

  it('does lose what was not made durable, so that the above shows something', async (t) => {
    const { defer } = cleanUpAfter(t)
    const own = join(folder, 'control')
    await mkdir(own)
    const disk = await makeDisk(own)
    defer(() => disk.remove())
    const file = join(disk.place, 'written')
    await writeFile(file, 'not synced')
    await disk.cut()
    await disk.restore()
    await assert.rejects(run('grep', ['-q', 'not synced', file]))
  })
})
