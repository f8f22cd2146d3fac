import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServedConfiguration } from '../../src/workers/served-configuration.ts'

function setUp() {
  const done: string[] = []
  const served = createServedConfiguration(
    {
      apply: ({ revision }) => void done.push(`apply ${revision}`),
      change: ({ revision }) => void done.push(`change ${revision}`),
    },
    (message) => void done.push(message.kind === 'applied' ? `applied ${message.revision}` : message.kind),
  )
  const take = () => done.splice(0)
  const change = (revision: number) => {
    served.change({ revision, changes: [] })
    return take()
  }
  const replace = (revision: number) => {
    served.replace({ revision, entries: [] })
    return take()
  }
  const compare = (revision: number) => {
    served.compare(revision)
    return take()
  }
  return { change, replace, compare }
}

test('changes are applied once and in order, each told', () => {
  const { change, replace } = setUp()
  assert.deepEqual(replace(4), ['apply 4', 'applied 4'])
  assert.deepEqual(change(4), [], 'a change that the snapshot has')
  assert.deepEqual(change(5), ['change 5', 'applied 5'])
  assert.deepEqual(change(5), [], 'a change that came twice')
  assert.deepEqual(change(6), ['change 6', 'applied 6'])
})

test('after a gap nothing is applied until a snapshot comes, which is asked for once', () => {
  const { change, replace } = setUp()
  replace(4)
  assert.deepEqual(change(6), ['behind'])
  assert.deepEqual(change(7), [])
  assert.deepEqual(replace(7), ['apply 7', 'applied 7'])
  assert.deepEqual(change(8), ['change 8', 'applied 8'])
  assert.deepEqual(change(10), ['behind'], 'it may miss one again')
})

test('a last change that did not come is noticed when the revisions are compared', () => {
  const { compare, replace } = setUp()
  replace(4)
  assert.deepEqual(compare(4), [])
  assert.deepEqual(compare(5), ['behind'])
  assert.deepEqual(compare(5), [])
})
