import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyFrame, type FuzzFrame } from './fuzz/frames.ts'
import { liveHeapBytes, prototypeNames } from './fuzz/memory.ts'
import { startFuzzedScheme } from './fuzz/run-session.ts'

const isFull = process.env.SLUICE_FULL === '1'
const frames = isFull ? 1_000_000 : 100_000
const framesEach = 50
const seed = Number(process.env.SLUICE_FUZZ_SEED || (isFull ? Date.now() % 2 ** 31 : 1))
const mebibyte = 2 ** 20

const corpus = join(import.meta.dirname, 'fuzz/corpus')

/** Frames that once went wrong, or are wrong in a way that chance seldom finds: `.bin` as it is, `.txt` as text. */
const corpusFrames: readonly FuzzFrame[] = [
  ...readdirSync(corpus).map((file) => {
    const data = readFileSync(join(corpus, file))
    return { data: file.endsWith('.txt') ? data.toString() : data }
  }),
  // Groups inside groups, arrays inside arrays: what is read by recursion ends the stack.
  { data: Buffer.alloc(60_000, 0x1b) },
  { data: Buffer.concat([Buffer.alloc(30_000, 0x1b), Buffer.alloc(30_000, 0x1c)]) },
  { data: '['.repeat(60_000) },
  { data: '{"cmd_ping":'.repeat(5000) },
  { data: `{"cmd_ping":${'['.repeat(25_000)}${']'.repeat(25_000)}}` },
  { data: `{"cmd_read":{"offset":"${'9'.repeat(60_000)}"}}` },
  { data: `{"${'x'.repeat(60_000)}":1}` },
  { data: `{"cmd_ping":{"state":"${'A'.repeat(60_000)}"}}` },
]

describe('a session that is sent anything at all', () => {
  it('answers what is in the corpus', async () => {
    const names = prototypeNames()
    await startFuzzedScheme().run(corpusFrames, undefined)
    assert.deepEqual(prototypeNames(), names)
  })

  it(`answers each of ${frames} frames once, and keeps nothing of them`, async (test) => {
    test.diagnostic(`SLUICE_FUZZ_SEED=${seed}`)
    const names = prototypeNames()
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const { run } = startFuzzedScheme()
    let done = 0
    let warmHeap = 0
    const session = fc.asyncProperty(
      fc.array(anyFrame, { minLength: framesEach, maxLength: framesEach }),
      fc.option(fc.nat(framesEach), { nil: undefined, freq: 10 }),
      async (sent, leaveAfter) => {
        await run(sent, leaveAfter)
        done += sent.length
        if (done === frames / 4) warmHeap = liveHeapBytes()
      },
    )
    await fc.assert(session, { numRuns: frames / framesEach, seed })
    assert.equal(done, frames)
    assert.deepEqual(prototypeNames(), names, 'no prototype has changed')
    assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, timers)
    const grown = liveHeapBytes() - warmHeap
    assert.ok(grown < 4 * mebibyte, `the heap has grown by ${Math.round(grown / 1024)} KiB over 3/4 of the frames`)
  })
})
