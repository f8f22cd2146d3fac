import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PersistentMap } from '../src/persistent-map.ts'

type Step = { readonly key: string; readonly value: number | undefined }

const steps = (keys: fc.Arbitrary<string>) =>
  fc.array(fc.record({ key: keys, value: fc.option(fc.nat(5), { nil: undefined }) }), { maxLength: 200 })

// FNV-1a of 32 bits: pairs found by search, so that the path for equal hashes runs too.
const colliding = ['costarring', 'liquid', 'declinate', 'macallums', 'altarage', 'zinke']

function apply(map: PersistentMap<number>, { key, value }: Step): PersistentMap<number> {
  return value === undefined ? map.without(key) : map.with(key, value)
}

function build(all: readonly Step[]): PersistentMap<number> {
  return all.reduce(apply, PersistentMap.empty<number>())
}

function sorted(entries: Iterable<[string, number]>): [string, number][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
}

function model(all: readonly Step[]): Map<string, number> {
  const map = new Map<string, number>()
  for (const { key, value } of all) {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
  return map
}

for (const [name, keys] of [
  ['any strings', fc.string()],
  ['few keys', fc.constantFrom(...'abcdefgh')],
  ['keys with one hash', fc.constantFrom(...colliding)],
] as const) {
  test(`behaves as Map with ${name}, and older maps stay as they were`, () => {
    fc.assert(
      fc.property(steps(keys), (all) => {
        const maps = [PersistentMap.empty<number>()]
        for (const step of all) maps.push(apply(maps.at(-1) ?? PersistentMap.empty(), step))
        for (const [i, map] of maps.entries()) {
          const expected = model(all.slice(0, i))
          assert.deepEqual(sorted(map.entries()), sorted(expected))
          assert.equal(map.size, expected.size)
          for (const { key } of all) {
            assert.equal(map.get(key), expected.get(key))
            assert.equal(map.has(key), expected.has(key))
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test(`tells the differences of two maps with ${name}`, () => {
    fc.assert(
      fc.property(steps(keys), steps(keys), (common, more) => {
        const a = model(common)
        const b = model([...common, ...more])
        const expected = new Set([...a.keys(), ...b.keys()].filter((key) => a.get(key) !== b.get(key)))
        const found = [...PersistentMap.differences(build(common), build([...common, ...more]))]
        assert.deepEqual(found.sort(), [...expected].sort())
      }),
    )
  })
}

test('gives the same map back where nothing changes', () => {
  const map = PersistentMap.empty<number>().with('a', 1)
  assert.equal(map.with('a', 1), map)
  assert.equal(map.without('b'), map)
})
