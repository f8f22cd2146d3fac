/** A broker as errors, logs and connection tables name it: `host:port`, an IPv6 address in brackets. */
export function brokerName(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
