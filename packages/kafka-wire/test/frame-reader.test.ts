import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameReader } from '../src/frame-reader.ts'
import { SlabPool } from '../src/slab-pool.ts'

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeInt32BE(text.length, 0)
  bytes.write(text, 4)
  return bytes
}

function collect(maxFrameBytes = 1000): { pool: SlabPool; seen: string[]; reader: FrameReader } {
  const pool = new SlabPool()
  const seen: string[] = []
  const reader = new FrameReader({ pool, maxFrameBytes, onFrame: (bytes) => seen.push(bytes.toString()) })
  return { pool, seen, reader }
}

test('finds the frames wherever the stream is cut, and gives back every buffer', () => {
  const texts = ['abcd', 'efghijkl', 'm'.repeat(100)]
  const stream = Buffer.concat(texts.map(frame))
  for (let size = 1; size <= stream.length; size++) {
    const { pool, seen, reader } = collect()
    for (let at = 0; at < stream.length; at += size) reader.push(Buffer.from(stream.subarray(at, at + size)))
    assert.deepEqual(seen, texts, `chunks of ${size}`)
    assert.equal(pool.stats().outstanding, 0)
  }
})

test('refuses lengths that cannot be', () => {
  for (const length of [-1, 0, 3, 1001, 0x7fffffff]) {
    const header = Buffer.alloc(4)
    header.writeInt32BE(length)
    assert.throws(() => collect().reader.push(header), {
      code: 'KAFKA_PROTOCOL',
      message: new RegExp(`${length} bytes`),
    })
  }
})

test('gives back the buffer when a frame is refused by its reader, and when it is closed in the middle of one', () => {
  const pool = new SlabPool()
  const onFrame = (): void => {
    throw new Error('no')
  }
  const refusing = new FrameReader({ pool, maxFrameBytes: 1000, onFrame })
  refusing.push(frame('abcdef').subarray(0, 6))
  assert.equal(pool.stats().outstanding, 1)
  assert.throws(() => refusing.push(frame('abcdef').subarray(6)), /no/)
  assert.equal(pool.stats().outstanding, 0)

  const { pool: other, seen, reader } = collect()
  reader.push(frame('abcdef').subarray(0, 6))
  reader.close()
  reader.push(frame('abcdef').subarray(6))
  assert.equal(other.stats().outstanding, 0)
  assert.deepEqual(seen, [])
})

test('takes no further frame of a chunk once closed', () => {
  const seen: string[] = []
  const reader = new FrameReader({
    pool: new SlabPool(),
    maxFrameBytes: 1000,
    onFrame: (bytes) => {
      seen.push(bytes.toString())
      reader.close()
    },
  })
  reader.push(Buffer.concat([frame('abcd'), frame('efgh')]))
  assert.deepEqual(seen, ['abcd'])
})

test('takes memory for the bytes that came, not for those that a length claims', () => {
  const mib = 1024 * 1024
  const pool = new SlabPool()
  const lent: number[] = []
  const acquire = pool.acquire.bind(pool)
  pool.acquire = (bytes) => {
    lent.push(bytes)
    return acquire(bytes)
  }
  const text = 'sluice'.repeat(2 * mib)
  const seen: boolean[] = []
  const onFrame = (bytes: Buffer) => seen.push(bytes.toString() === text)
  const reader = new FrameReader({ pool, maxFrameBytes: 100 * mib, onFrame })
  const stream = frame(text)
  for (let at = 0, size = 4; at < stream.length; at += size, size = 50_000) {
    const known = lent.length
    reader.push(stream.subarray(at, at + size))
    for (const bytes of lent.slice(known)) assert.ok(bytes <= Math.max(mib, 100 * (at + size)), `${bytes} at ${at}`)
  }
  assert.deepEqual(seen, [true])
  assert.ok(lent.length <= 4, `moved ${lent.length} times`)
  assert.equal(pool.stats().outstanding, 0)
})
