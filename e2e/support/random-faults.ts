import { setTimeout as delay } from 'node:timers/promises'
import type { FaultProxy, Toxic } from '@sluice/harness'
import type { Random } from './fuzz/random.ts'

const toxics: readonly [Toxic, ...Toxic[]] = [
  { type: 'latency', attributes: { latency: 100, jitter: 90 } },
  { type: 'bandwidth', attributes: { rate: 20 } },
  { type: 'slicer', attributes: { average_size: 1, size_variation: 0, delay: 10 } },
  { type: 'slicer', stream: 'upstream', attributes: { average_size: 1, size_variation: 0, delay: 10 } },
  { type: 'reset_peer', attributes: { timeout: 20 } },
  { type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } },
  { type: 'limit_data', attributes: { bytes: 1234 } },
  { type: 'timeout', attributes: { timeout: 0 } },
  { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } },
]

/** Makes one link after the other bad for a while, until the signal ends it; all are mended then. */
export async function spoilLinks(
  links: readonly [FaultProxy, ...FaultProxy[]],
  random: Random,
  signal: AbortSignal,
): Promise<number> {
  let faults = 0
  while (!signal.aborted) {
    const link = random.pick(links)
    if (random.below(8) === 0) await link.down()
    else await link.add(random.pick(toxics))
    faults++
    await delay(50 + random.below(500))
    // Now and then the next fault comes on top.
    if (random.below(4) > 0) await link.heal()
    await delay(random.below(300))
  }
  await Promise.all(links.map((link) => link.heal()))
  return faults
}
