import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EchoListener, startEchoListener } from './support/autobahn/echo-listener.ts'
import { type CaseResult, findSuite, runCases } from './support/autobahn/suite.ts'

const suite = await findSuite()
const skip = 'skip' in suite ? suite.skip : false

// 11 and 8 are empty, 12 and 13 are about permessage-deflate, which the listener does not offer.
const cases = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '9.*', '10.*']

/** Not `OK`, and not wrong either. */
const otherwiseRight = {
  'NON-STRICT': {
    // It is not seen that text is no UTF-8 before its message has come as a whole.
    'found at the end of the message': ['6.4.1', '6.4.2', '6.4.3', '6.4.4'],
  },
  INFORMATIONAL: {
    'a close behind a message of 256 KiB': ['7.1.6'],
    'close codes that RFC 6455 leaves open': ['7.13.1', '7.13.2'],
  },
}

const numbered = (group: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${group}.${from + index}`)

/** What the production limits refuse: one message may have 64 KiB (`limits.message_bytes`). All are closed with 1009. */
const refused: Readonly<Record<string, readonly string[]>> = {
  'text of 256 KiB to 16 MiB in one frame': numbered('9.1', 2, 6),
  'binary of 256 KiB to 16 MiB in one frame': numbered('9.2', 2, 6),
  'text of 4 MiB in fragments of 64 B to 4 MiB': numbered('9.3', 1, 9),
  'binary of 4 MiB in fragments of 64 B to 4 MiB': numbered('9.4', 1, 9),
  'text of 1 MiB, sent in pieces': numbered('9.5', 1, 6),
  'binary of 1 MiB, sent in pieces': numbered('9.6', 1, 6),
}

/** RFC 6455 as Autobahn's fuzzing client sees it, against the listener with a scheme that sends each message back. */
describe('the listener in Autobahn’s test suite', { skip }, () => {
  const results = async (messageBytes: number): Promise<ReadonlyMap<string, CaseResult>> => {
    const listener: EchoListener = await startEchoListener(messageBytes)
    try {
      return await runCases(suite, listener.url, cases)
    } finally {
      await listener.close()
    }
  }

  it('all 301 cases pass with limits as large as the suite needs', async (test) => {
    const found = await results(16 * 2 ** 20)
    test.diagnostic(JSON.stringify(countsOf(found)))
    assert.deepEqual(countsOf(found), { OK: 294, 'NON-STRICT': 4, INFORMATIONAL: 3 })
    assert.deepEqual(numbersOf(found, 'NON-STRICT'), Object.values(otherwiseRight['NON-STRICT']).flat())
    assert.deepEqual(numbersOf(found, 'INFORMATIONAL'), Object.values(otherwiseRight.INFORMATIONAL).flat())
    for (const [number, { behaviorClose }] of found) assert.match(behaviorClose, /^(OK|INFORMATIONAL)$/, number)
  })

  it('the default limits refuse large messages with 1009, and nothing else', async (test) => {
    const found = await results(64 * 1024)
    test.diagnostic(JSON.stringify(countsOf(found)))
    const tooLarge = Object.values(refused).flat()
    assert.deepEqual(countsOf(found), { OK: 254, 'NON-STRICT': 4, INFORMATIONAL: 3, FAILED: tooLarge.length })
    assert.deepEqual(numbersOf(found, 'FAILED'), tooLarge)
    for (const number of tooLarge) assert.equal(found.get(number)?.remoteCloseCode, 1009, number)
  })
})

function countsOf(results: ReadonlyMap<string, CaseResult>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { behavior } of results.values()) counts[behavior] = (counts[behavior] ?? 0) + 1
  return counts
}

/** The cases with that result, in the suite's order. */
function numbersOf(results: ReadonlyMap<string, CaseResult>, behavior: string): readonly string[] {
  const key = (number: string): number => number.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
  return [...results]
    .filter(([, result]) => result.behavior === behavior)
    .map(([number]) => number)
    .sort((one, other) => key(one) - key(other))
}
