import { count } from '@sluice/harness'

/** Numbers that are the same again for the same seed. */
export interface Random {
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number
  /** True with the probability given. */
  chance(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
  bytes(length: number): Buffer
}

/** Makes a generator (mulberry32: 32 bits of state, good enough to choose test cases). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (end: number): number => next() % end
  return {
    below,
    chance: (probability) => next() < probability * 2 ** 32,
    pick: (list) => list[below(list.length)] ?? list[0],
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() & 0xff)),
  }
}

/**
 * The seed of a run: the same each time in `npm test`, another each time in `npm run test:full`, and the one in
 * `SLUICE_FUZZ_SEED` where it is set, to run again what failed.
 */
export function fuzzSeed(): number {
  const given = process.env.SLUICE_FUZZ_SEED
  return given ? Number(given) : count(1, Date.now() % 2 ** 31)
}

/** Runs one case with its own generator; what it throws says how to run it again. */
export async function seeded(
  seed: number,
  index: number,
  run: (random: Random, seed: number) => Promise<void>,
): Promise<void> {
  const own = (seed + Math.imul(index, 0x9e3779b1)) >>> 0
  try {
    await run(createRandom(own), own)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`case ${index} of SLUICE_FUZZ_SEED=${seed} failed: ${reason}`, { cause })
  }
}

/** Runs cases 0 to `cases` - 1, so many of them at once; stops at the first that fails. */
export async function inParallel(cases: number, width: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < cases && !failed) {
      try {
        await run(next++)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
