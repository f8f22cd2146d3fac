import { setTimeout as delay } from 'node:timers/promises'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { boundRatio, measurement, ratio, type Section } from './report/results.ts'
import type { Contender, Stage } from './stage.ts'

const CLIENTS = 10_000
const QUICK_CLIENTS = 1000
// Connected and gone before memory is looked at, so that what is made once, by the first client, is not counted.
const WARM_UP_CLIENTS = 100
const KIBIBYTE = 1024
const STILL_BYTES = 256 * KIBIBYTE
// V8 takes some ten seconds to notice that nothing happens any more, and to give back what the handshakes needed.
const STILL_LOOKS = 15
const LOOK_MS = 1000

/** Memory of connections that ask nothing, through a gateway and to a bare ws server, both new for each repetition. */
export async function measureIdle(
  stage: Stage,
  { quick, repetitions }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  if (stage.usage === undefined) return []
  const clients = quick ? QUICK_CLIENTS : CLIENTS
  const gateway: number[] = []
  const bare: number[] = []
  for (let round = 1; round <= repetitions; round++) {
    progress.show(`${clients} idle connections: ${round} of ${repetitions}`)
    await stage.fresh(async (freshGateway, freshBare) => {
      const each = [freshGateway, freshBare].map((contender) => residentForEach(contender, clients))
      const [ofGateway = Number.NaN, ofBare = Number.NaN] = await Promise.all(each)
      gateway.push(ofGateway)
      bare.push(ofBare)
    })
  }
  const [one, other] = [measurement('gateway', 'KiB RSS each', gateway), measurement('bare ws', 'KiB RSS each', bare)]
  const ratios = [boundRatio('gateway / 16 KiB', one, 16), ratio('gateway / bare ws', one, other)]
  return [{ title: `Idle connections, ${clients}`, measurements: [one, other], ratios }]
}

async function residentForEach({ load, usage }: Contender, clients: number): Promise<number> {
  await load.gather(WARM_UP_CLIENTS)
  await load.leave()
  const before = await settled(usage)
  await load.gather(clients)
  const after = await settled(usage)
  await load.leave()
  return (after - before) / clients / KIBIBYTE
}

/** Resident memory once it has not changed for a while. */
async function settled(usage: Contender['usage']): Promise<number> {
  let [last, looks] = [Number.POSITIVE_INFINITY, 0]
  for (;;) {
    const { residentBytes } = await usage()
    looks = Math.abs(residentBytes - last) < STILL_BYTES ? looks + 1 : 0
    if (looks === STILL_LOOKS) return residentBytes
    last = residentBytes
    await delay(LOOK_MS)
  }
}
