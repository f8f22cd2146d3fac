import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeRevision } from '../src/index.ts'

const cases = [
  { title: 'the next of a store that counts by one', revision: { revision: 5 }, served: 4, place: 'next' },
  { title: 'what a snapshot had already', revision: { revision: 5 }, served: 7, place: 'known' },
  { title: 'the one that is served', revision: { revision: 5 }, served: 5, place: 'known' },
  { title: 'one is missing', revision: { revision: 5 }, served: 3, place: 'gap' },
  { title: 'the next of a store that others share', revision: { revision: 9, after: 4 }, served: 4, place: 'next' },
  { title: 'after a snapshot between two changes', revision: { revision: 9, after: 4 }, served: 7, place: 'next' },
  { title: 'a change before it is missing', revision: { revision: 9, after: 6 }, served: 5, place: 'gap' },
  {
    title: 'the store was put back to an earlier state',
    revision: { revision: 3, after: 9 },
    served: 9,
    place: 'next',
  },
]
for (const { title, revision, served, place } of cases) {
  test(`where a revision belongs: ${title}`, () => {
    assert.equal(placeRevision({ ...revision, changes: [] }, served), place)
  })
}
