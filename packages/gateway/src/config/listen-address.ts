import { BlockList, isIP } from 'node:net'

/** Where a listener binds; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** With TLS; a listener of clients only. */
  readonly tls?: boolean
}

/** Reads `127.0.0.1:9080` or `[::1]:9080`; `undefined` where the text is neither. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port > 65535 ? undefined : { host, port }
}

/** The address as it stands in a URL, e.g. `[::1]:9080`. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine can reach the host; of names, `localhost` alone counts. */
export function isLoopback(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
