import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../src/json.ts'
import { emptyTable, recordingPlugin, revisionOf } from './support/route-table.ts'

const built: unknown[] = []
const plugins = [recordingPlugin('low', 1, built), recordingPlugin('high', 9, built)]

function after(...changes: readonly Readonly<Record<string, JsonObject | null>>[]) {
  built.length = 0
  const { table, problems } = emptyTable(plugins)
  const tables: (typeof table)[] = []
  for (const [index, change] of changes.entries()) {
    tables.push((tables.at(-1) ?? table).with(revisionOf(index + 1, change)))
  }
  const shown = tables.map((each) => each.globalPlugins)
  return { shown, names: shown.map((each) => each.map(({ name }) => name)), problems, built: [...built] }
}

test('plugins of all rules by priority, decrypted, with their defaults', () => {
  const { names, built: configs } = after({
    '/global_rules/1': { plugins: { low: { password: '<secret>' } } },
    '/global_rules/2': { plugins: { high: {} } },
  })
  assert.deepEqual(names, [['high', 'low']])
  assert.deepEqual(configs, [{ password: 'secret', tries: 3 }, { tries: 3 }])
})

test('_meta moves one, and switches one off', () => {
  const { names } = after(
    { '/global_rules/1': { plugins: { low: { _meta: { priority: 10 } }, high: {} } } },
    { '/global_rules/1': { plugins: { low: {}, high: { _meta: { disable: true } } } } },
  )
  assert.deepEqual(names, [['low', 'high'], ['low']])
})

test('an instance stays as long as its own configuration does', () => {
  const { shown, built: configs } = after(
    { '/global_rules/1': { plugins: { low: { tries: 3 } } } },
    { '/global_rules/1': { plugins: { low: {} }, update_time: 5 }, '/routes/1': { uri: '/' } },
    { '/global_rules/2': { plugins: { high: {} } } },
    { '/global_rules/1': { plugins: { low: { tries: 4 } } } },
    { '/global_rules/1': null },
  )
  const [first, second, third, fourth, fifth] = shown
  assert.equal(first?.[0], second?.[0])
  assert.equal(third?.[1], second?.[0])
  assert.equal(fourth?.[0], third?.[0])
  assert.notEqual(fourth?.[1], third?.[1])
  assert.deepEqual(fifth, [fourth?.[0]])
  assert.equal(configs.length, 3)
})

test('one that cannot be built is reported; its last good version runs on', () => {
  const { names, shown, problems } = after(
    { '/global_rules/1': { plugins: { low: {}, high: { password: '<broken>' } } } },
    { '/global_rules/1': { plugins: { low: { tries: 'many' } } } },
  )
  assert.deepEqual(names, [['low'], ['low']])
  assert.equal(shown[1]?.[0], shown[0]?.[0])
  assert.equal(problems.length, 2)
  assert.match(problems[0] ?? '', /^\/global_rules\/1: no key decrypts it/)
  assert.match(problems[1] ?? '', /^\/global_rules\/1: .*tries/)
})

test('one that stands in two rules runs in neither', () => {
  const { names, problems } = after(
    { '/global_rules/1': { plugins: { low: {}, high: {} } } },
    { '/global_rules/2': { plugins: { low: {} } } },
  )
  assert.deepEqual(names, [['high', 'low'], ['high']])
  assert.deepEqual(
    problems.map((problem) => problem.replace(/: .*/, '')),
    ['/global_rules/1', '/global_rules/2'],
  )
  assert.match(problems[0] ?? '', /plugin low stands in two global rules/)
})

test('one that is not installed is reported and left out', () => {
  const { names, problems } = after({ '/global_rules/1': { plugins: { missing: {}, low: {} } } })
  assert.deepEqual(names, [['low']])
  assert.match(problems[0] ?? '', /plugin missing is not installed/)
})
