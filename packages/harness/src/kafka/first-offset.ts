import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaHandle } from './launcher.ts'

/**
 * Makes an empty partition begin at `offset`, so that a test sees offsets of any size, beyond 2^53 too. The files of a log
 * are named after its first offset: the broker is stopped, they are renamed, the broker is started again. One broker only.
 *
 * @throws {Error} when the partition already holds records
 */
export async function setFirstOffset(
  kafka: KafkaHandle,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<void> {
  const [broker] = kafka.brokers
  if (!broker || kafka.brokers.length > 1) throw new Error('setFirstOffset needs a cluster of one broker')
  await broker.stop()
  const folder = join(broker.dataDirectory, `${topic}-${partition}`)
  const name = (first: bigint) => String(first).padStart(20, '0')
  for (const file of await readdir(folder)) {
    if (file === `${name(0n)}.log`) await rename(join(folder, file), join(folder, `${name(offset)}.log`))
    // Indexes and snapshots of producers are made anew from the log.
    else if (/^\d{20}\./.test(file)) await rm(join(folder, file))
  }
  // Checkpoints name offsets that no longer exist; without them the broker reads them off the files.
  for (const file of [
    'recovery-point-offset-checkpoint',
    'replication-offset-checkpoint',
    'log-start-offset-checkpoint',
    '.kafka_cleanshutdown',
  ]) {
    await rm(join(broker.dataDirectory, file), { force: true })
  }
  await broker.restart()
}
