import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SlabPool } from '../src/slab-pool.ts'

describe('SlabPool', () => {
  it('lends the same memory again', () => {
    const pool = new SlabPool()
    const first = pool.acquire(100_000)
    pool.release(first)
    assert.equal(pool.acquire(100_001), first)
  })

  it('wastes at most a fifth of a slab, above the smallest', () => {
    const pool = new SlabPool()
    const property = fc.property(fc.integer({ min: 0, max: 20 * 1024 * 1024 }), (bytes) => {
      const { buffer, view } = pool.acquire(bytes)
      assert.ok(buffer.length >= bytes && (bytes <= 4096 || buffer.length <= bytes * 1.25))
      assert.deepEqual([view.buffer, view.byteLength, buffer.byteOffset], [buffer.buffer, buffer.length, 0])
    })
    fc.assert(property, { numRuns: 50 })
  })

  it('counts what is lent and what is kept, and keeps no more than it may', () => {
    const pool = new SlabPool({ maxPooledBytes: 10_000 })
    const slabs = [pool.acquire(4096), pool.acquire(4096), pool.acquire(4096)]
    assert.deepEqual(pool.stats(), { outstanding: 3, pooledBytes: 0 })
    for (const slab of slabs) pool.release(slab)
    assert.deepEqual(pool.stats(), { outstanding: 0, pooledBytes: 8192 })
    pool.acquire(10)
    assert.deepEqual(pool.stats(), { outstanding: 1, pooledBytes: 4096 })
  })

  it('does not keep what is larger than its largest class', () => {
    const pool = new SlabPool()
    pool.release(pool.acquire(17 * 1024 * 1024))
    assert.deepEqual(pool.stats(), { outstanding: 0, pooledBytes: 0 })
  })

  it('takes a slab back once, and none of another pool', () => {
    const pool = new SlabPool()
    const slab = pool.acquire(1)
    pool.release(slab)
    pool.release(slab)
    pool.release(new SlabPool().acquire(1))
    assert.deepEqual(pool.stats(), { outstanding: 0, pooledBytes: 4096 })
  })
})
