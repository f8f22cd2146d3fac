import { isIPv4 } from 'node:net'
import { createAddressMatcher } from '@sluice/core'

/** What an address is, as far as the egress policy is concerned. */
export type AddressClass =
  | 'cloud metadata'
  | 'link-local'
  | 'loopback'
  | 'multicast'
  | 'private'
  | 'public'
  | 'special-purpose'
  | 'unspecified'

/**
 * Where clouds answer their machines with credentials: AWS (and most others), its containers and pods, Azure's wire server,
 * Alibaba, Oracle, Google over IPv6, Scaleway. They lie in link-local, private and public networks.
 */
const cloudMetadata = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:c1::a9fe:a9fe',
  'fd00:42::42',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
]

// IANA's special-purpose address registries (RFC 6890) and the multicast blocks. The first class that matches counts.
const classes: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['cloud metadata', cloudMetadata],
  ['loopback', ['127.0.0.0/8', '::1']],
  ['unspecified', ['0.0.0.0/8', '::']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  // RFC 1918, carrier-grade NAT (RFC 6598), unique local (RFC 4193)
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  [
    'special-purpose',
    [
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.31.196.0/24',
      '192.52.193.0/24',
      '192.88.99.0/24',
      '192.175.48.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '2620:4f:8000::/48',
      '3fff::/20',
    ],
  ],
  // Of IPv6 only this part is given out; what is outside of it, such as IPv4-compatible and site-local, is nobody's.
  ['public', ['0.0.0.0/0', '2000::/3']],
]

const matchers = classes.map(([name, ranges]) => ({ name, matches: createTranslatedMatcher(ranges) }))

/** The class of an IP address; IPv4 inside IPv6 (mapped, or NAT64 of RFC 6052) is judged as that IPv4 address. */
export function addressClass(address: string): AddressClass {
  return matchers.find(({ matches }) => matches(address))?.name ?? 'special-purpose'
}

/** Like `createAddressMatcher`, where an IPv4 range also holds its addresses as a NAT64 gateway translates them. */
export function createTranslatedMatcher(ranges: readonly string[]): (address: string) => boolean {
  return createAddressMatcher([...ranges, ...ranges.flatMap(translated)])
}

function translated(range: string): string[] {
  const [network = '', length = '32'] = range.split('/')
  return isIPv4(network) ? [`64:ff9b::${network}/${96 + Number(length)}`] : []
}
