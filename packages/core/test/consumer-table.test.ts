import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definePlugin, type Plugin } from '@sluice/spi'
import Type from 'typebox'
import { mergeLayers } from '../src/consumers/plugin-layer.ts'
import type { JsonObject } from '../src/json.ts'
import { emptyTable, recordingPlugin, revisionOf, upstream } from './support/route-table.ts'

const built: unknown[] = []

/** A plugin of authentication whose consumers hold a secret `key` and may hold a `level`. */
const auth: Plugin = definePlugin({
  name: 'auth',
  priority: 2500,
  config: Type.Object({}),
  secrets: [],
  consumer: {
    config: Type.Object({ key: Type.String(), level: Type.Integer({ default: 1 }) }),
    secrets: ['key'],
    key: 'key',
  },
  create: () => ({ authenticate: () => ({ username: 'nobody' }) }),
})
const plugins = [auth, recordingPlugin('low', 1, built), recordingPlugin('high', 9, built)]

function tableOf(...changes: readonly Readonly<Record<string, JsonObject | null>>[]) {
  built.length = 0
  const { table, problems } = emptyTable(plugins)
  const last = changes.reduce((before, change, index) => before.with(revisionOf(index + 1, change)), table)
  return { table: last, problems, find: (value: string) => last.consumers.for('auth').find(value) }
}

const jack = { '/consumers/jack': { username: 'jack', plugins: { auth: { key: '<k1>', level: 7 } } } }
const laptop = { '/consumers/jack/credentials/laptop': { plugins: { auth: { key: '<k2>' } } } }

describe('consumers are found', () => {
  test('by what they and their credentials hold, decrypted and with its defaults', () => {
    const { find, problems } = tableOf({ ...jack, ...laptop })
    assert.deepEqual(find('k1'), { consumer: { username: 'jack' }, config: { key: 'k1', level: 7 } })
    assert.deepEqual(find('k2'), {
      consumer: { username: 'jack', credentialId: 'laptop' },
      config: { key: 'k2', level: 1 },
    })
    assert.equal(find('<k1>'), undefined)
    assert.deepEqual(problems, [])
  })

  test('by references to the environment', () => {
    const { find } = tableOf({ '/consumers/ann': { username: 'ann', plugins: { auth: { key: '$env://PASSWORD' } } } })
    assert.deepEqual(find('from outside')?.consumer, { username: 'ann' })
  })

  test('for the plugin only that they hold it for', () => {
    assert.equal(tableOf(jack).table.consumers.for('other').find('k1'), undefined)
  })

  test('no longer by a key that was changed, nor once they are deleted', () => {
    const { find } = tableOf(jack, { '/consumers/jack': { username: 'jack', plugins: { auth: { key: 'new' } } } })
    assert.deepEqual([find('k1'), find('new')?.consumer], [undefined, { username: 'jack' }])
    const gone = tableOf({ ...jack, ...laptop }, { '/consumers/jack/credentials/laptop': null })
    assert.deepEqual([gone.find('k2'), gone.find('k1')?.consumer], [undefined, { username: 'jack' }])
    assert.equal(tableOf({ ...jack, ...laptop }, { '/consumers/jack': null }).find('k2'), undefined)
  })

  test('after a snapshot that no longer has them no more', () => {
    const { table } = tableOf({ ...jack, '/consumer_groups/g': { plugins: {} } })
    const next = table.fromSnapshot({ revision: 5, entries: [] })
    assert.equal(next.consumers.for('auth').find('k1'), undefined)
    assert.deepEqual(next.consumers.keys(), [])
  })

  test('by the name, for who stands for all others', () => {
    const { named } = tableOf({ '/consumers/g': { username: 'g', group_id: 7 } }).table.consumers.for('auth')
    assert.deepEqual([named('g'), named('h')], [{ username: 'g', groupId: '7' }, undefined])
  })

  test('as the first of two that hold the same; the other is reported, and so is what does not decrypt or fit', () => {
    const { find, problems } = tableOf(jack, {
      '/consumers/twin': { username: 'twin', plugins: { auth: { key: 'k1' } } },
      '/consumers/broken': { username: 'broken', plugins: { auth: { key: '<broken>' } } },
      '/consumers/wrong': { username: 'wrong', plugins: { auth: { key: 'k3', level: 'high' } } },
    })
    assert.deepEqual([find('k1')?.consumer.username, find('k3')], ['jack', undefined])
    assert.deepEqual(problems, [
      '/consumers/twin: what /consumers/twin holds for plugin auth is that of another consumer too, which alone is found by it: write it with another key',
      '/consumers/broken: no key decrypts it',
      '/consumers/wrong: what the consumer holds for plugin auth does not fit its schema: level must be integer; write the resource again',
    ])
  })
})

describe('the plugins of a consumer', () => {
  const config = {
    '/routes/1': { uri: '/', upstream, plugins: { auth: {}, low: { tries: 1 } } },
    '/consumer_groups/g': { plugins: { low: { tries: 2 }, high: { tries: 2 } } },
  }
  const merged = (consumer: JsonObject) => {
    const { table } = tableOf({ ...config, '/consumers/jack': { username: 'jack', ...consumer } })
    const identity = table.consumers.identify({ username: 'jack' })
    assert.ok(identity)
    const names = mergeLayers(table.route('1')?.plugins ?? [], identity.layers).map(({ name }) => name)
    return { names, built: [...built] }
  }

  test('are over those of its group, which are over those of the route', () => {
    assert.deepEqual(merged({}), { names: ['auth', 'low'], built: [{ tries: 1 }] })
    assert.deepEqual(merged({ group_id: 'g' }).names, ['auth', 'high', 'low'])
    assert.deepEqual(merged({ group_id: 'g', plugins: { high: { tries: 3 }, auth: { key: 'k' } } }), {
      names: ['auth', 'high', 'low'],
      built: [{ tries: 2 }, { tries: 2 }, { tries: 3 }, { tries: 1 }],
    })
  })

  test('may switch one off, or move it', () => {
    const off = merged({ group_id: 'g', plugins: { low: { _meta: { disable: true } } } })
    assert.deepEqual(off.names, ['auth', 'high'])
    const moved = merged({ plugins: { low: { _meta: { priority: 3000 } } } })
    assert.deepEqual(moved.names, ['low', 'auth'])
  })

  test('are built once for each version', () => {
    const { table } = tableOf({ '/consumers/jack': { username: 'jack', plugins: { low: {} } } })
    const [first] = table.consumers.identify({ username: 'jack' })?.layers ?? []
    const later = table.with(revisionOf(2, { '/routes/1': { uri: '/' } }))
    assert.equal(later.consumers.identify({ username: 'jack' })?.layers[0], first)
    assert.ok(first && later.consumers.hasLayer(first))
    const changed = later.with(revisionOf(3, { '/consumers/jack': { username: 'jack', plugins: { low: {} } } }))
    assert.equal(changed.consumers.hasLayer(first), false)
  })

  test('whose group is gone cannot be told', () => {
    const { table } = tableOf({ '/consumers/jack': { username: 'jack', group_id: 'gone' } })
    assert.throws(() => table.consumers.identify({ username: 'jack' }), {
      code: 'CONSUMER_GROUP_MISSING',
      message: 'consumer jack refers to consumer group gone, which does not exist: create it or change group_id',
    })
  })
})

describe('what the requests of a consumer depend on', () => {
  const start = { ...jack, ...laptop, '/consumer_groups/g': { plugins: {} } }
  const grouped = { '/consumers/jack': { username: 'jack', group_id: 'g', plugins: { auth: { key: 'k1' } } } }
  for (const [what, change, isSame] of [
    ['its description', { '/consumers/jack': { ...grouped['/consumers/jack'], desc: 'x', update_time: 9 } }, true],
    ['another consumer', { '/consumers/ann': { username: 'ann' } }, true],
    ['its key', { '/consumers/jack': { username: 'jack', group_id: 'g', plugins: { auth: { key: 'k9' } } } }, false],
    ['its group', { '/consumer_groups/g': { plugins: { low: {} } } }, false],
    ['its credential', { '/consumers/jack/credentials/laptop': { plugins: { auth: { key: 'k9' } } } }, false],
    ['its credential, deleted', { '/consumers/jack/credentials/laptop': null }, false],
    ['its group, left', { '/consumers/jack': { username: 'jack', plugins: { auth: { key: 'k1' } } } }, false],
    ['itself, deleted', { '/consumers/jack': null }, false],
  ] as const) {
    test(`${isSame ? 'does not change' : 'changes'} with ${what}`, () => {
      const { table } = tableOf({ ...start, ...grouped })
      const identity = table.consumers.identify({ username: 'jack', credentialId: 'laptop' })
      assert.ok(identity && table.consumers.isCurrent(identity))
      assert.equal(table.with(revisionOf(2, change)).consumers.isCurrent(identity), isSame)
    })
  }
})
