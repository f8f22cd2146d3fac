import assert from 'node:assert/strict'
import type { PubSubRequest, PubSubResponse } from '@sluice/harness'
import type { Random } from './fuzz/random.ts'
import { assertNumbered } from './numbered-records.ts'

/** A command, and what its answer may be. */
export interface CheckedCommand {
  readonly request: PubSubRequest
  /** Throws unless this answers the command. */
  check(answer: PubSubResponse): void
}

type Maker = (random: Random) => CheckedCommand

/**
 * Makes commands of every kind. Those that need a broker may be answered with an ErrorResp, as there may be none; all others
 * may not.
 *
 * @param topics each has this many numbered records
 */
export function createCommands(topics: readonly [string, ...string[]], records: number): Maker {
  const fetchKnown: Maker = (random) => {
    const [topic, from] = [random.pick(topics), random.below(records)]
    const waits = random.below(20) === 0 ? { max_wait_ms: 200 } : {}
    return {
      request: { cmd_kafka_fetch: { topic, partition: 0, offset: BigInt(from), max_bytes: 8192, ...waits } },
      check(answer) {
        if (isError(answer)) return
        const { messages } = expected(answer.kafka_fetch_resp)
        assert.ok(messages.length > 0, `records from ${from} on`)
        assertNumbered(messages, from)
      },
    }
  }
  const fetchEnd: Maker = (random) => ({
    request: {
      cmd_kafka_fetch: { topic: random.pick(topics), partition: 0, offset: BigInt(records), max_wait_ms: 100 },
    },
    check(answer) {
      if (!isError(answer)) assert.deepEqual(expected(answer.kafka_fetch_resp).messages, [])
    },
  })
  const listOffset: Maker = (random) => {
    const [timestamp, offset] = random.pick([
      [-2n, 0n],
      [-1n, BigInt(records)],
      [9_999_999_999_999n, -1n],
    ])
    return {
      request: { cmd_kafka_list_offset: { topic: random.pick(topics), partition: 0, timestamp } },
      check(answer) {
        if (!isError(answer)) assert.equal(expected(answer.kafka_list_offset_resp).offset, offset)
      },
    }
  }
  const wrong: Maker = (random) => ({
    request: random.pick<PubSubRequest>([
      { cmd_kafka_fetch: { topic: random.pick(topics), partition: 0, offset: BigInt(records + 1) } },
      { cmd_kafka_fetch: { topic: random.pick(topics), partition: 99, offset: 0n } },
      { cmd_kafka_fetch: { topic: `nowhere-${random.below(50)}`, partition: 0, offset: 0n } },
      { cmd_kafka_fetch: { topic: 'no topic has this name', partition: -1, offset: -5n } },
      { cmd_kafka_list_offset: { topic: `nowhere-${random.below(50)}`, partition: 0, timestamp: -1n } },
      { cmd_empty: {} },
      {},
    ]),
    check: (answer) => assert.ok(isError(answer)),
  })
  const ping: Maker = (random) => {
    const state = random.bytes(8)
    return {
      request: { cmd_ping: { state } },
      check: (answer) => assert.deepEqual(Buffer.from(expected(answer.pong_resp).state), state),
    }
  }
  return (random) => random.pick([fetchKnown, fetchKnown, fetchKnown, fetchEnd, listOffset, wrong, ping])(random)
}

function isError({ error_resp: error }: PubSubResponse): boolean {
  if (error === undefined) return false
  assert.ok(error.code > 0 && error.message !== '', 'an error has a code and a text')
  return true
}

function expected<T>(part: T | undefined): T {
  assert.ok(part !== undefined, 'the answer is of the kind that was asked for')
  return part
}
