import { fetchCommand, listOffsetCommand } from '../websocket/commands.ts'
import { GatewayConnection } from '../websocket/gateway-connection.ts'

/** A scan of a topic of which nothing is known. */
export interface OpenScanJob {
  /** Asked for; an endpoint that does not know the field has its own limit. */
  readonly maxBytes: number
  readonly seconds: number
}

export interface OpenScanResult {
  readonly records: number
  /** Of whole answers, as they come in their WebSocket messages. */
  readonly answerBytes: number
  readonly seconds: number
}

const EARLIEST = -2

/**
 * Reads partition 0 from its first record to its end, again and again until the time is over. Offsets may have gaps.
 *
 * @throws {Error} when the topic has no records
 */
export async function scanOpenly(
  url: string,
  topic: string,
  { maxBytes, seconds }: OpenScanJob,
): Promise<OpenScanResult> {
  const connection = await GatewayConnection.connect(url)
  try {
    const first = (await connection.send(listOffsetCommand(0, topic, EARLIEST))).offset
    const started = performance.now()
    let [records, answerBytes, offset] = [0, 0, first]
    for (let sequence = 1; performance.now() - started < 1000 * seconds; sequence++) {
      const answer = await connection.send(fetchCommand(sequence, topic, offset, maxBytes))
      if (answer.recordCount === 0 && offset === first) throw new Error(`topic ${topic} has no records in partition 0`)
      records += answer.recordCount
      answerBytes += answer.bytes
      offset = answer.recordCount === 0 ? first : answer.lastOffset + 1
    }
    return { records, answerBytes, seconds: (performance.now() - started) / 1000 }
  } finally {
    connection.close()
  }
}
