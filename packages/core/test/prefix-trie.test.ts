import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type KeyKind, PrefixTrie } from '../src/prefix-trie.ts'

const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), maxLength: 6 })
const kind = fc.constantFrom<KeyKind>('exact', 'prefix')
const steps = fc.array(fc.record({ key, kind, value: fc.option(fc.nat(99), { nil: undefined }) }), { maxLength: 60 })

test('finds what a scan over all keys finds, the most specific first, in every version', () => {
  fc.assert(
    fc.property(steps, fc.array(key), (all, texts) => {
      const versions = [{ trie: PrefixTrie.empty<number>(), model: new Map<string, number>() }]
      for (const step of all) {
        const last = versions.at(-1)
        assert.ok(last)
        const model = new Map(last.model)
        const name = `${step.kind} ${step.key}`
        const trie = last.trie.update(step.key, step.kind, (value) => {
          assert.equal(value, model.get(name))
          return step.value
        })
        if (step.value === undefined) model.delete(name)
        else model.set(name, step.value)
        versions.push({ trie, model })
      }
      for (const { trie, model } of versions) {
        assert.equal(trie.isEmpty, model.size === 0)
        for (const text of [...texts, ...all.map((step) => step.key)])
          assert.deepEqual(trie.find(text), scan(model, text))
      }
    }),
  )
})

function scan(model: ReadonlyMap<string, number>, text: string): number[] {
  const lengths = Array.from({ length: text.length + 1 }, (_, i) => text.length - i)
  const names = [`exact ${text}`, ...lengths.map((length) => `prefix ${text.slice(0, length)}`)]
  return names.map((name) => model.get(name)).filter((value) => value !== undefined)
}
