import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigRevision, ConfigStore, JsonObject } from '@sluice/core'
import { isJsonObject } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { put, testConfigStore } from '../../core/test/support/config-store-contract.ts'
import { ManualClock } from '../../core/test/support/manual-clock.ts'
import { type FileStoreOptions, openFileStore } from '../src/index.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Takes what has `ok: false` for faulty. */
const read: FileStoreOptions['read'] = (document) => {
  const routes = isJsonObject(document) && Array.isArray(document.routes) ? document.routes : []
  const values = new Map<string, JsonObject>()
  const faults = routes.flatMap((value, index) => {
    if (!isJsonObject(value)) return []
    values.set(`/routes/${value.id}`, value)
    return value.ok === false ? [{ collection: 'routes', index, givenId: value.id, error: 'it is not ok' }] : []
  })
  return { values, faults }
}

function folderOf(t?: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-file-'))
  t?.after(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Opened {
  readonly store: ConfigStore
  readonly file: string
  readonly revisions: ConfigRevision[]
  readonly kept: { text: string | undefined }
  /** Resolves once the state is as it says; the file is looked at each few milliseconds. */
  until(state: () => boolean | Promise<boolean>): Promise<void>
}

async function open(
  t: TestContext,
  text: string,
  { file = join(folderOf(t), 'apisix.yaml'), ...more }: Partial<FileStoreOptions> & { kept?: string } = {},
): Promise<Opened> {
  writeFileSync(file, text)
  const kept: Opened['kept'] = { text: more.kept }
  const store = await openFileStore({
    file,
    read,
    seal: (_key, value) => value,
    lastGood: {
      read: async () => kept.text,
      write: async (next) => {
        kept.text = next
      },
    },
    pollMs: 5,
    log: quiet,
    ...more,
  })
  t.after(() => store.close())
  const revisions: ConfigRevision[] = []
  const { revision } = await store.snapshot()
  await store.watch(revision, (each) => revisions.push(each))
  const until: Opened['until'] = async (state) => {
    while (!(await state())) await delay(5)
  }
  return { store, file, revisions, kept, until }
}

const keysOf = async (store: ConfigStore) => (await store.snapshot()).entries.map(({ key }) => key)

testConfigStore('file', async (clock: ManualClock) => {
  const file = join(folderOf(), 'apisix.yaml')
  writeFileSync(file, '')
  const lastGood = { read: async () => undefined, write: async () => {} }
  return openFileStore({ file, read, seal: (_key, value) => value, lastGood, clock, log: quiet })
})

describe('a configuration file', () => {
  it('is what the store holds', async (t) => {
    const { store } = await open(t, 'routes:\n  - id: 1\n    uri: /a\n  - {id: b, uri: /b}\n#END\n')
    const { entries } = await store.snapshot()
    assert.deepEqual(
      entries.map(({ key, value }) => [key, value]),
      [
        ['/routes/1', { id: 1, uri: '/a' }],
        ['/routes/b', { id: 'b', uri: '/b' }],
      ],
    )
  })

  it('may be empty, JSON, or use merge keys', async (t) => {
    assert.deepEqual(await keysOf((await open(t, '')).store), [])
    assert.deepEqual(await keysOf((await open(t, '{"routes": [{"id": "j"}]}')).store), ['/routes/j'])
    const { store } = await open(t, 'x_conf_version: &common {uri: /m}\nroutes: [{id: 1, <<: *common}]\n')
    assert.deepEqual((await store.get('/routes/1'))?.value, { id: 1, uri: '/m' })
  })

  it('changes what changed in it, as one revision, and nothing else', async (t) => {
    const { store, file, revisions, until } = await open(t, 'routes: [{id: 1}, {id: 2, a: 1}, {id: 3}]\n#END\n')
    const before = await store.get('/routes/1')
    writeFileSync(file, '# moved\nroutes: [{id: 4}, {a: 2, id: 2}, {id: 1}]\n#END\n')
    await until(() => revisions.length > 0)
    assert.deepEqual(
      revisions.flatMap(({ changes }) => changes.map(({ key, entry }) => [key, entry?.value.a])).sort(),
      [
        ['/routes/2', 2],
        ['/routes/3', undefined],
        ['/routes/4', undefined],
      ],
    )
    assert.equal(revisions.length, 1)
    assert.deepEqual(await store.get('/routes/1'), before)
  })

  it('is followed through a link and a file that takes its place', async (t) => {
    const folder = folderOf(t)
    const link = join(folder, 'link.yaml')
    writeFileSync(join(folder, 'one.yaml'), 'routes: [{id: 1}]')
    symlinkSync('one.yaml', link)
    const { store, until } = await open(t, 'routes: [{id: 1}]', { file: link })
    writeFileSync(join(folder, 'two.yaml'), 'routes: [{id: 2}]')
    symlinkSync('two.yaml', `${link}.new`)
    renameSync(`${link}.new`, link)
    await until(async () => (await store.get('/routes/2')) !== undefined)
    assert.deepEqual(await keysOf(store), ['/routes/2'])
  })

  it('that is broken changes nothing and is told, until it is mended', async (t) => {
    const errors: object[] = []
    const log: Log = { ...quiet, error: (fields) => errors.push(fields) }
    const { store, file, revisions, until } = await open(t, 'routes: [{id: 1}]\n#END\n', { log })
    const faults = {
      'routes: [{id: 2}\n#END\n': /^line \d is not valid YAML/,
      'routes:\n- {id: 2}\n- id: 3\n  ok: false\n#END\n': /^routes\[1\] \(id 3, line 3\): it is not ok$/,
      'routes: []\n': /no longer ends with a line #END/,
    }
    for (const [text, expected] of Object.entries(faults)) {
      writeFileSync(file, text)
      await until(() => expected.test(store.status?.().fault ?? ''))
    }
    rmSync(file)
    await until(() => /^it is not there/.test(store.status?.().fault ?? ''))
    assert.deepEqual([await keysOf(store), revisions], [['/routes/1'], []])
    assert.equal(errors.length, 4)
    writeFileSync(file, 'routes: [{id: 5}]\n#END\n')
    await until(() => revisions.length === 1)
    assert.equal(store.status?.().fault, undefined)
    assert.deepEqual(await keysOf(store), ['/routes/5'])
  })

  it('that is broken at the start is taken as it was when it was last good', async (t) => {
    const { store, kept } = await open(t, 'routes: [', { kept: 'routes: [{id: 1}]' })
    assert.deepEqual(await keysOf(store), ['/routes/1'])
    assert.match(store.status?.().fault ?? '', /not valid YAML/)
    assert.equal(kept.text, 'routes: [{id: 1}]')
    await assert.rejects(open(t, 'routes: ['), { code: 'STORE_FILE_INVALID' })
    await assert.rejects(open(t, 'routes: [', { kept: 'routes: {' }), { code: 'STORE_FILE_INVALID' })
  })

  it('is not taken half-written: without a mark only once it is the same in two looks', async (t) => {
    const { store, file, until } = await open(t, 'routes: [{id: 1}]\n', { pollMs: 50 })
    const seen = new Set<string>()
    await store.watch((await store.snapshot()).revision, ({ changes }) => {
      for (const { key } of changes) seen.add(key)
    })
    writeFileSync(file, 'routes: [{id: 1}, {id: 2}]\n')
    await until(() => seen.has('/routes/2'))
    assert.deepEqual([...seen], ['/routes/2'])
  })
})

describe('a write to a configuration file', () => {
  it('is in the file, which keeps its mode, and read again as what it was', async (t) => {
    const { store, file, kept, revisions } = await open(t, 'routes: [{id: 1, uri: /a}]\n')
    chmodSync(file, 0o640)
    await store.transact([], [put('/routes/2', { id: '2', pem: '-----BEGIN\nx y\n-----END\n' })])
    await store.transact([], [put('/consumers/jack/credentials/c', { id: 'c', plugins: {} })])
    const text = readFileSync(file, 'utf8')
    assert.match(text, /\n#END\n$/)
    assert.match(text, /id: jack\/credentials\/c/)
    assert.equal(kept.text, text)
    assert.equal(statSync(file).mode & 0o777, 0o640)
    assert.equal(revisions.length, 2)
    const again = await open(t, text)
    assert.deepEqual(await keysOf(again.store), ['/routes/1', '/routes/2'])
    assert.deepEqual((await again.store.get('/routes/2'))?.value, { id: '2', pem: '-----BEGIN\nx y\n-----END\n' })
  })

  it('that lives for a time is not in the file, and outlives a change of it', async (t) => {
    const { store, file, until } = await open(t, 'routes: [{id: 1}]\n#END\n', { clock: new ManualClock() })
    await store.transact([], [put('/routes/2', { id: 2 }, 60)])
    assert.equal(readFileSync(file, 'utf8'), 'routes: [{id: 1}]\n#END\n')
    writeFileSync(file, 'routes: [{id: 3}]\n#END\n')
    await until(async () => (await store.get('/routes/3')) !== undefined)
    assert.deepEqual(await keysOf(store), ['/routes/2', '/routes/3'])
  })

  it('takes a change of the file that came before it along', async (t) => {
    const { store, file } = await open(t, 'routes: [{id: 1}]\n#END\n', { pollMs: 60_000 })
    writeFileSync(file, 'routes: [{id: 2}]\n#END\n')
    await store.transact([], [put('/routes/3', { id: '3' })])
    assert.deepEqual(await keysOf(store), ['/routes/2', '/routes/3'])
  })

  it('is refused while the file is broken, and where it cannot be written', async (t) => {
    const { store, file } = await open(t, 'routes: [{id: 1}]\n#END\n', { pollMs: 60_000 })
    writeFileSync(file, 'routes: [')
    await assert.rejects(store.transact([], [put('/routes/3', {})]), { code: 'STORE_FILE_BROKEN' })
    assert.equal(readFileSync(file, 'utf8'), 'routes: [')
    writeFileSync(file, 'routes: [{id: 1}]\n#END\n')
    // A folder in the place of the file that is written first.
    const folder = join(dirname(file), '.apisix.yaml.new')
    writeFileSync(folder, '')
    rmSync(folder)
    symlinkSync(join(folder, 'nowhere', 'x'), folder)
    await assert.rejects(store.transact([], [put('/routes/3', {})]), { code: 'STORE_FILE_UNWRITABLE' })
    assert.deepEqual(await keysOf(store), ['/routes/1'])
  })

  it('whose condition does not hold changes nothing', async (t) => {
    const { store, file } = await open(t, 'routes: [{id: 1}]\n')
    const result = await store.transact([{ key: '/routes/1', modifiedIndex: 99 }], [put('/routes/3', {})])
    assert.equal(result.committed, false)
    assert.equal(readFileSync(file, 'utf8'), 'routes: [{id: 1}]\n')
  })
})
