import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/core'
import { makePlan } from '../../src/declarative/plan.ts'
import { showAction, summarize } from '../../src/declarative/show-plan.ts'
import { readWanted } from '../../src/declarative/wanted-configuration.ts'

const stored = new Map(
  Object.entries({
    '/upstreams/u': { id: 'u', nodes: { 'a:1': 1 } },
    '/routes/same': { id: 'same', uri: '/same' },
    '/routes/other': { id: 'other', uri: '/a', plugins: { p: { password: 'old-one' } } },
    '/routes/gone': { id: 'gone', uri: '/gone' },
    '/services/gone': { id: 'gone' },
    '/consumers/jack': { username: 'jack' },
    '/consumers/jack/credentials/c': { id: 'c' },
  }).map(([key, value], i) => [key, { value, modifiedIndex: i + 1 }]),
)

const wanted = new Map<string, JsonObject>(
  Object.entries({
    '/global_rules/g': { id: 'g', plugins: {} },
    '/routes/new': { id: 'new', uri: '/new', service_id: 's' },
    '/routes/other': { plugins: { p: { password: 'new-one' } }, uri: '/b', id: 'other', desc: 'x' },
    '/routes/same': { uri: '/same', id: 'same' },
    '/services/s': { id: 's', upstream_id: 'u' },
    '/upstreams/u': { id: 'u', nodes: { 'a:1': 2 } },
  }),
)

const mask = (_key: string, value: JsonObject): JsonObject =>
  value.plugins === undefined ? value : { ...value, plugins: { p: { password: '******' } } }

const lines = (isPruned: boolean) =>
  makePlan(stored, wanted, { isPruned, mask }).actions.map(({ kind, key }) => `${kind} ${key}`)

test('what is referred to is written first and deleted last, and what stands below goes with its owner', () => {
  const writes = [
    'change /upstreams/u',
    'create /services/s',
    'create /routes/new',
    'change /routes/other',
    'create /global_rules/g',
  ]
  assert.deepEqual(lines(false), writes)
  assert.deepEqual(lines(true), [...writes, 'delete /consumers/jack', 'delete /routes/gone', 'delete /services/gone'])
})

test('a plan shows what changes field by field, and no secret', () => {
  const plan = makePlan(stored, wanted, { isPruned: false, mask })
  const shown = plan.actions.map((action) => showAction(action, process.stderr)).join('')
  assert.equal(
    shown.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), ''),
    `~ upstreams/u
    nodes.a:1: 1 → 2
+ services/s
+ routes/new
~ routes/other
    uri: "/a" → "/b"
    plugins.p.password: "******" → "******"
    desc: "x" (new)
+ global_rules/g
`,
  )
  assert.equal(
    summarize(plan, true),
    '3 created, 2 changed, 0 deleted, 1 unchanged; 4 only on the gateway, which --prune deletes: routes/gone, services/gone, ' +
      'consumers/jack, consumers/jack/credentials/c\n',
  )
})

test('a configuration is read with ids as the gateway stores them, and its faults have places', () => {
  const { values, placeOf } = readWanted(
    'x.yaml',
    'routes:\n  - id: 1\n    uri: /a\n    create_time: 5\nconsumers:\n  - username: jack\n  - id: jack/credentials/c\n#END\n',
  )
  assert.deepEqual(Object.fromEntries(values), {
    '/routes/1': { id: '1', uri: '/a' },
    '/consumers/jack': { username: 'jack' },
    '/consumers/jack/credentials/c': { id: 'c' },
  })
  assert.equal(placeOf('consumers', 1), 'consumers[1] (line 7)')
  assert.throws(() => readWanted('x.yaml', 'routes:\n  - {id: 1}\n  - {id: 1}\n'), {
    code: 'CONFIGURATION_UNUSABLE',
    message: 'nothing was written: x.yaml is faulty:\n  routes[1] (id 1, line 3): found duplicate id 1 in routes',
  })
  assert.throws(() => readWanted('x.yaml', 'routes: ['), /line 1 is not valid YAML/)
})
