import type { ResolvedUpstream, UpstreamNode, UpstreamTimeouts, UpstreamTls } from '@sluice/spi'
import type { ConfigDefaults } from './config-defaults.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { numberOf, objectOf, stringOf } from './json-fields.ts'

/** APISIX's default where an upstream names no scheme. */
const defaultScheme = 'http'

/** The scheme of an upstream, APISIX field `scheme`. */
export function schemeOf(upstream: JsonObject): string {
  return stringOf(upstream.scheme) ?? defaultScheme
}

/**
 * Brings an upstream to the form that schemes get: nodes as a list, milliseconds, options with their defaults.
 *
 * @param upstream with its secrets decrypted; its scheme is installed
 * @param timeout that of the route, which wins over the upstream's
 */
export function resolveUpstream(
  upstream: JsonObject,
  timeout: JsonObject | undefined,
  defaults: ConfigDefaults,
): ResolvedUpstream {
  const scheme = schemeOf(upstream)
  const tls = objectOf(upstream.tls)
  return {
    scheme,
    nodes: resolveNodes(upstream.nodes),
    ...(tls === undefined ? {} : { tls: resolveTls(tls) }),
    timeouts: resolveTimeouts(timeout ?? objectOf(upstream.timeout) ?? {}),
    options: defaults.scheme(scheme, objectOf(upstream[scheme]) ?? {}),
  }
}

/** Whether an upstream has TLS that checks no certificate: `tls: {}` or `verify: false`. */
export function skipsVerification(upstream: JsonObject): boolean {
  const tls = objectOf(upstream.tls)
  return tls !== undefined && tls.verify !== true
}

function resolveTls(tls: JsonObject): UpstreamTls {
  const clientCert = stringOf(tls.client_cert)
  const clientKey = stringOf(tls.client_key)
  return {
    verify: tls.verify === true,
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  }
}

function resolveTimeouts(seconds: JsonObject): UpstreamTimeouts {
  const connect = numberOf(seconds.connect)
  const send = numberOf(seconds.send)
  const read = numberOf(seconds.read)
  return {
    ...(connect === undefined ? {} : { connectMs: connect * 1000 }),
    ...(send === undefined ? {} : { sendMs: send * 1000 }),
    ...(read === undefined ? {} : { readMs: read * 1000 }),
  }
}

function resolveNodes(nodes: Json | undefined): readonly UpstreamNode[] {
  if (Array.isArray(nodes)) return nodes.filter(isJsonObject).map(listedNode)
  return Object.entries(objectOf(nodes) ?? {}).map(([address, weight]) => ({
    ...parseAddress(address),
    weight: numberOf(weight) ?? 1,
  }))
}

function listedNode(node: JsonObject): UpstreamNode {
  const port = numberOf(node.port)
  return {
    host: unbracketed(stringOf(node.host) ?? ''),
    ...(port === undefined ? {} : { port }),
    weight: numberOf(node.weight) ?? 1,
  }
}

/** `host:port`, `host`, `[2001:db8::1]:port`; more than one colon without brackets is an IPv6 address alone. */
function parseAddress(address: string): { readonly host: string; readonly port?: number } {
  const [, host, port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(address) ?? []
  return host === undefined ? { host: unbracketed(address) } : { host: unbracketed(host), port: Number(port) }
}

function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
