import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairQueue } from '../src/fair-queue.ts'

function keys(queue: FairQueue<string>): string[] {
  const all: string[] = []
  queue.visit((key) => all.push(key) > 0)
  return all
}

/** Takes out so many as they come. */
function take(queue: FairQueue<string>, count: number): string[] {
  const taken: string[] = []
  queue.visit((key) => {
    queue.delete(key)
    return taken.push(key) < count
  })
  return taken
}

function fill(queue: FairQueue<string>, asker: object, ...names: readonly string[]): void {
  for (const name of names) queue.add(name, name.toUpperCase(), asker)
}

test('askers have their turns, each in its own order', () => {
  const queue = new FairQueue<string>()
  const [one, other] = [{}, {}]
  fill(queue, one, 'a1', 'a2', 'a3', 'a4')
  fill(queue, other, 'b1', 'b2')
  assert.deepEqual(keys(queue), ['a1', 'b1', 'a2', 'b2', 'a3', 'a4'])
  assert.deepEqual([queue.size, queue.get('b1'), queue.get('c1')], [6, 'B1', undefined])
})

test('who comes late has the next turn, and not those that it has not used', () => {
  const queue = new FairQueue<string>()
  const [one, late] = [{}, {}]
  fill(queue, one, 'a1', 'a2', 'a3', 'a4', 'a5')
  assert.deepEqual(take(queue, 3), ['a1', 'a2', 'a3'])
  fill(queue, late, 'b1', 'b2')
  assert.deepEqual(take(queue, 4), ['a4', 'b1', 'a5', 'b2'])
  fill(queue, one, 'a6')
  assert.deepEqual([keys(queue), queue.size], [['a6'], 1])
})

test('what somebody else wants too comes with the earlier of their turns', () => {
  const queue = new FairQueue<string>()
  const [one, other, third] = [{}, {}, {}]
  fill(queue, one, 'a1', 'a2', 'a3')
  queue.join('a3', other)
  assert.deepEqual(keys(queue), ['a1', 'a3', 'a2'])
  queue.join('a1', third)
  queue.join('unknown', third)
  assert.deepEqual(keys(queue), ['a1', 'a3', 'a2'])
  fill(queue, other, 'b2')
  assert.deepEqual(keys(queue), ['a1', 'a3', 'a2', 'b2'])
})

test('what is deleted has no turn', () => {
  const queue = new FairQueue<string>()
  fill(queue, {}, 'a1', 'a2', 'a3')
  for (const key of ['a1', 'a3', 'a3', 'unknown']) queue.delete(key)
  assert.deepEqual([keys(queue), queue.size], [['a2'], 1])
})

test('who waits is passed by at most twice by each of the others', () => {
  const step = fc.oneof(fc.record({ asker: fc.nat(3) }), fc.record({ count: fc.integer({ min: 1, max: 4 }) }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<string>()
      const askers = [{}, {}, {}, {}]
      const waiting = askers.map((): string[] => [])
      const passedBy = askers.map(() => [0, 0, 0, 0])
      let added = 0
      for (const each of steps) {
        if ('asker' in each) {
          const key = `${each.asker} ${added++}`
          fill(queue, askers[each.asker] ?? assert.fail(), key)
          if (waiting[each.asker]?.push(key) === 1) passedBy[each.asker] = [0, 0, 0, 0]
          continue
        }
        for (const key of take(queue, each.count)) {
          const turn = Number(key[0])
          assert.equal(waiting[turn]?.shift(), key)
          passedBy[turn] = [0, 0, 0, 0]
          for (const [asker, passes] of passedBy.entries()) {
            if (waiting[asker]?.length === 0 || asker === turn) continue
            passes[turn] = (passes[turn] ?? 0) + 1
            assert.ok((passes[turn] ?? 0) <= 2, `${asker} was passed by ${turn}`)
          }
        }
      }
      assert.deepEqual(keys(queue).sort(), waiting.flat().sort())
    }),
  )
})
