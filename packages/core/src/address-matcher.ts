import { BlockList, isIP } from 'node:net'

const mappedPrefix = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i

/**
 * The address as rules are written for it: an IPv4 address that a dual-stack listener reports as `::ffff:192.0.2.1` becomes
 * `192.0.2.1`, and a zone (`fe80::1%eth0`) is dropped.
 */
export function normalizeAddress(address: string): string {
  const zone = address.indexOf('%')
  return (zone < 0 ? address : address.slice(0, zone)).replace(mappedPrefix, '')
}

/** Whether a text is an IPv4 or IPv6 address, or one with a prefix length (`192.0.2.0/24`, `2001:db8::/32`). */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined
}

/**
 * Makes a test for membership in any of the addresses and ranges; a text that is neither never matches (the schemas have
 * refused it before, see {@link isAddressRange}).
 */
export function createAddressMatcher(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of ranges) {
    const range = parseRange(text)
    if (range !== undefined) list.addSubnet(range.network, range.prefix, range.family)
  }
  return (address) => {
    const normal = normalizeAddress(address)
    const version = isIP(normal)
    return version !== 0 && list.check(normal, version === 4 ? 'ipv4' : 'ipv6')
  }
}

interface AddressRange {
  readonly network: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function parseRange(text: string): AddressRange | undefined {
  const [network = '', length, ...rest] = text.split('/')
  const version = isIP(network)
  // `isIP` takes a zone, `addSubnet` throws on it.
  if (version === 0 || network.includes('%') || rest.length > 0) return undefined
  const bits = version === 4 ? 32 : 128
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const prefix = length === undefined ? bits : Number(length)
  if (prefix > bits) return undefined
  return { network, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}
