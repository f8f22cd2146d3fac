import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import type { BrokerTarget, ReadyConnection } from './open-connection.ts'

/** Failures that the next broker would only repeat, with the same credentials. */
const FINAL: ReadonlySet<string> = new Set([
  'KAFKA_SASL_FAILED',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_CLOSED',
  'KAFKA_ABORTED',
])

/**
 * An open connection to any broker: the least busy one that is open, else to the first of these brokers that can be
 * reached, each tried once in this order. Rejects with what failed, on every broker that was tried; authentication
 * errors at once.
 */
export async function connectAny(
  pool: BrokerPool,
  targets: readonly BrokerTarget[],
  command: Command,
): Promise<ReadyConnection> {
  const open = pool.leastBusy()
  if (open !== undefined) return open
  const failures: KafkaError[] = []
  for (const target of targets) {
    try {
      return await pool.shared(target, command)
    } catch (error) {
      if (!(error instanceof KafkaError) || error === command.error || FINAL.has(error.code)) throw error
      failures.push(error)
    }
  }
  throw summary(failures)
}

function summary(failures: readonly KafkaError[]): KafkaError {
  const [first, ...others] = failures
  if (first === undefined) return new KafkaError('KAFKA_CONNECT_FAILED', 'no broker to connect to: give upstream.nodes')
  if (others.length === 0) return first
  const text = `no broker can be reached: ${failures.map((failure) => failure.message).join('; ')}`
  return new KafkaError(first.code, text, { retriable: failures.some(({ retriable }) => retriable), cause: first })
}
