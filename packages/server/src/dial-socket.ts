import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, connect as tlsConnect } from 'node:tls'
import type { DialTarget } from '@sluice/spi'

/** Begins a TCP or TLS connection to one of these addresses of the target; no name is looked up again. */
export type DialSocket = (target: DialTarget, addresses: readonly LookupAddress[]) => Socket

/** Over the network. */
export const dialSocket: DialSocket = (target, addresses) => {
  const lookup = knownLookup(addresses)
  return target.tls === undefined ? dialTcp(target, lookup) : dialTls(target, target.tls, lookup)
}

/** Answers every lookup with these addresses, so that what was judged is what is connected to. */
export function knownLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (host, { all }, callback) => {
    const [first] = addresses
    process.nextTick(() => {
      if (first === undefined) callback(new Error(`${host} has no address`), '')
      else if (all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
  }
}

function dialTcp({ host, port, onread }: DialTarget, lookup: LookupFunction): Socket {
  return netConnect({ host, port, lookup, noDelay: true, keepAlive: true, ...(onread === undefined ? {} : { onread }) })
}

function dialTls(target: DialTarget, tls: NonNullable<DialTarget['tls']>, lookup: LookupFunction): Socket {
  const name = tls.serverName ?? target.host
  // Node's tls passes onread on to the socket (tls.connect), which its types do not know.
  const options: ConnectionOptions & Pick<DialTarget, 'onread'> = {
    ...(target.onread === undefined ? {} : { onread: target.onread }),
    host: target.host,
    port: target.port,
    lookup,
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
  }
  // SNI holds host names only (RFC 6066, section 3).
  if (isIP(name) === 0) options.servername = name
  if (tls.ca !== undefined) options.ca = tls.ca
  if (tls.crl !== undefined) options.crl = tls.crl
  if (tls.cert !== undefined) options.cert = tls.cert
  if (tls.key !== undefined) options.key = tls.key
  return tlsConnect(options).setNoDelay(true).setKeepAlive(true)
}
