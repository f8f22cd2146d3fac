import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** Gives the addresses of a host; an address is its own. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** Asks the system as `net.connect` does, which also reads spellings such as `127.1` and `0x7f000001`. */
export const resolveHost: Resolve = async (host) => {
  const family = isIP(host)
  return family === 0 ? lookup(host, { all: true }) : [{ address: host, family }]
}
