import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { KafkaError } from '../../src/errors.ts'
import type { ThreadOptions } from '../../src/thread/messages.ts'
import { type ThreadResult, TranscodeThread } from '../../src/thread/transcode-thread.ts'
import { transcode } from '../../src/transcode.ts'
import { type CodecName, encodeBatch } from '../support/encode-batch.ts'
import { Gate } from '../support/gated-worker.ts'

const options: ThreadOptions = {
  fromOffset: 0n,
  isolation: 'read_committed',
  abortedTransactions: [],
  limits: { maxDecompressedBytes: 1_000_000 },
}

function log(codec: CodecName, text = 'value'): Buffer {
  const batches = [0n, 3n].map((baseOffset) => {
    const records = [0, 1, 2].map((offsetDelta) => ({ offsetDelta, value: Buffer.from(`${text} ${offsetDelta}`) }))
    return encodeBatch({ baseOffset, codec, records })
  })
  return Buffer.concat(batches)
}

describe('a thread that transcodes', () => {
  let gate = new Gate()
  let thread = new TranscodeThread(gate.start)

  beforeEach(() => {
    gate = new Gate()
    thread = new TranscodeThread(gate.start)
  })
  afterEach(() => gate.close())

  const ask = (records: Buffer, asked = options) =>
    new Promise<ThreadResult>((resolve) => thread.transcode(records, asked, resolve))

  test('gives what the event loop would, each time, and keeps nothing of what was given', async () => {
    gate.open()
    for (const codec of ['none', 'gzip', 'snappy-xerial', 'lz4', 'zstd'] as const) {
      const records = log(codec, codec)
      const expected = transcode(Buffer.from(records), options)
      const asked = ask(records)
      records.fill(0)
      const result = await asked
      assert.ok(!(result instanceof KafkaError))
      const { bytes, headroom, recordCount, nextOffset, leaderEpoch } = result
      assert.deepEqual(Buffer.from(bytes), Buffer.from(expected.bytes))
      assert.deepEqual(
        [headroom, recordCount, nextOffset, leaderEpoch],
        [expected.headroom, expected.recordCount, expected.nextOffset, expected.leaderEpoch],
      )
      assert.ok(bytes.byteOffset >= headroom)
      result.release()
    }
    assert.equal(gate.threads.length, 1)
  })

  test('gives answers in the order they were asked for, and memory is used again only when it was released', async () => {
    gate.open()
    const asked = ['one', 'two', 'three', 'four', 'five'].map((text) => ask(log('gzip', text)))
    const order: number[] = []
    for (const [index, result] of asked.entries()) void result.then(() => order.push(index))
    const results = await Promise.all(asked)
    assert.deepEqual(order, [0, 1, 2, 3, 4])
    const texts = results.map((result) => (result instanceof KafkaError ? '' : result.bytes.toString('latin1')))
    for (const [index, text] of ['one', 'two', 'three', 'four', 'five'].entries())
      assert.match(texts[index] ?? '', new RegExp(`${text} 0.*${text} 2`, 's'))
  })

  test('tells an error of the records with its code and offsets, and goes on', async () => {
    gate.open()
    const damaged = log('gzip')
    damaged.writeUInt8(damaged.readUInt8(70) ^ 1, 70)
    const error = await ask(damaged)
    assert.ok(error instanceof KafkaError)
    assert.equal(error.code, 'KAFKA_CORRUPT_BATCH')
    assert.deepEqual(error.offsets, { badFrom: 0n, next: 3n })
    const result = await ask(log('gzip'))
    assert.ok(!(result instanceof KafkaError) && result.recordCount === 6)
    assert.equal(gate.threads.length, 1)
  })

  test('fails what it had when it dies, and is replaced for what waited', async () => {
    const [one, two, three] = [ask(log('gzip')), ask(log('lz4')), ask(log('zstd'))]
    const [first] = gate.threads
    assert.ok(first)
    await once(first, 'online')
    await first.terminate()
    for (const lost of [await one, await two]) {
      assert.ok(lost instanceof KafkaError)
      assert.equal(lost.code, 'KAFKA_DECOMPRESSION_FAILED')
    }
    gate.open()
    const result = await three
    assert.ok(!(result instanceof KafkaError) && result.recordCount === 6)
    assert.equal(gate.threads.length, 2)
  })

  test('says why it died', async () => {
    gate.open()
    // There is no memory of such a size, which is no error of the records.
    const error = await ask(log('gzip'), { ...options, limits: { maxDecompressedBytes: Number.NaN } })
    assert.ok(error instanceof KafkaError)
    assert.equal(error.code, 'KAFKA_DECOMPRESSION_FAILED')
    assert.ok(error.cause instanceof Error)
    const result = await ask(log('gzip'))
    assert.ok(!(result instanceof KafkaError) && result.recordCount === 6)
  })

  test('does not begin what was given up, and takes no more than its bytes', async () => {
    const large = Buffer.alloc(16 * 1024 * 1024)
    const results: string[] = []
    const note = (name: string) => (result: ThreadResult) => {
      results.push(`${name} ${result instanceof KafkaError ? result.code : result.recordCount}`)
    }
    thread.transcode(log('gzip'), options, note('first'))
    const giveUpSecond = thread.transcode(log('lz4'), options, note('second'))
    const giveUpThird = thread.transcode(large, options, note('third'))
    assert.equal(thread.takes(large.length), false)
    giveUpThird()
    giveUpThird()
    assert.equal(thread.takes(large.length), true)
    giveUpSecond()
    const last = ask(log('zstd'))
    gate.open()
    note('last')(await last)
    assert.deepEqual(results, ['first 6', 'last 6'])
    assert.equal(thread.takes(2 * large.length), true)
  })
})
