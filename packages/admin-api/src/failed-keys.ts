import { isIPv6 } from 'node:net'
import { normalizeAddress } from '@sluice/core'
import { TooManyFailuresError } from './errors.ts'

/** Wrong keys of one address within {@link windowMs}, after which it is not listened to until that is over. */
const mostFailures = 10
const windowMs = 60_000
/** Addresses that are remembered; of more, those that were heard of longest ago are forgotten. */
const mostAddresses = 10_000
/** Keys that an address has used rightly. */
const mostKeys = 4

interface Seen {
  failures: number
  /** When the first of them was. */
  since: number
  /** Digests, the one used last at the end. */
  readonly goodKeys: string[]
}

/**
 * Counts wrong keys by address, so that nobody can try one after the other. An address with too many is refused whatever its
 * key, for else a right guess would still show; except for a key that it has used before, so that nobody who knows none keeps
 * an operator out who works from the same address.
 */
export class FailedKeys {
  readonly #now: () => number
  readonly #onLimit: (address: string) => void
  readonly #seen = new Map<string, Seen>()

  /** @param onLimit told when an address is refused from now on, once for each time */
  constructor(now: () => number, onLimit: (address: string) => void) {
    this.#now = now
    this.#onLimit = onLimit
  }

  /** @throws ADMIN_TOO_MANY_FAILURES, with the header `Retry-After` */
  check(address: string, keyDigest: string): void {
    const seen = this.#seen.get(placeOf(address))
    if (seen === undefined || seen.failures < mostFailures || seen.goodKeys.includes(keyDigest)) return
    const leftMs = seen.since + windowMs - this.#now()
    if (leftMs <= 0) return
    const seconds = Math.ceil(leftMs / 1000)
    throw new TooManyFailuresError(seconds, { headers: { 'Retry-After': String(seconds) } })
  }

  failed(address: string): void {
    const seen = this.#touch(placeOf(address))
    if (this.#now() - seen.since >= windowMs) {
      seen.failures = 0
      seen.since = this.#now()
    }
    seen.failures++
    if (seen.failures === mostFailures) this.#onLimit(address)
  }

  succeeded(address: string, keyDigest: string): void {
    const { goodKeys } = this.#touch(placeOf(address))
    if (goodKeys.at(-1) === keyDigest) return
    const index = goodKeys.indexOf(keyDigest)
    if (index >= 0) goodKeys.splice(index, 1)
    goodKeys.push(keyDigest)
    if (goodKeys.length > mostKeys) goodKeys.shift()
  }

  #touch(place: string): Seen {
    const seen = this.#seen.get(place) ?? { failures: 0, since: this.#now(), goodKeys: [] }
    this.#seen.delete(place)
    this.#seen.set(place, seen)
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined && this.#seen.size > mostAddresses) this.#seen.delete(oldest)
    return seen
  }
}

/** An IPv6 address counts by its network of 64 bits, all of which one host may use. */
function placeOf(address: string): string {
  const plain = normalizeAddress(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
