import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selectEntries } from '../src/list.ts'

// Created in the opposite order of their keys.
const entries = Array.from({ length: 25 }, (_, i) => ({
  key: `/routes/${String(i).padStart(2, '0')}`,
  value: {},
  createdIndex: 25 - i,
  modifiedIndex: 30,
}))

const pages: readonly (readonly [query: string, first: number | undefined, count: number])[] = [
  ['', 25, 25],
  ['page=1&page_size=10', 1, 10],
  ['page=3&page_size=10', 21, 5],
  ['page=4&page_size=10', undefined, 0],
  ['page=0&page_size=500', 1, 25],
  ['page=-1&page_size=10', 1, 10],
  // Both, and numbers, or none.
  ['page=2', 25, 25],
  ['page_size=5', 25, 25],
  ['page=x&page_size=10', 25, 25],
  ['page=1&page_size=', 25, 25],
]

for (const [query, first, count] of pages) {
  test(`page of "${query}"`, () => {
    const page = selectEntries(entries, new URLSearchParams(query), [])
    assert.equal(page.entries[0]?.createdIndex, first)
    assert.equal(page.entries.length, count)
    assert.equal(page.total, 25)
  })
}
