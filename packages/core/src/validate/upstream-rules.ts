import { isIPv6 } from 'node:net'
import { ConfigInvalidError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf, stringOf } from '../json-fields.ts'
import { skipsVerification } from '../resolve-upstream.ts'
import { luaQuote } from './lua-text.ts'
import { parseCertificate, parsePrivateKey } from './pem.ts'

/** What an operator may rule besides. */
export interface ValidatorRules {
  /** Whether TLS without verification is refused; false by default. */
  readonly requireVerify?: boolean
}

/**
 * The rules of an upstream that its schema cannot say.
 *
 * @param upstream that fits the schema
 * @throws ConfigInvalidError with APISIX's text
 */
export function checkUpstreamRules(upstream: JsonObject, { requireVerify = false }: ValidatorRules): void {
  checkNodes(upstream.nodes)
  if (requireVerify && skipsVerification(upstream)) {
    throw new ConfigInvalidError(
      'invalid configuration: upstream.tls.verify must be true: egress.require_verify of this gateway refuses TLS without it',
    )
  }
  checkClientCertificate(objectOf(upstream.tls) ?? {})
  if (upstream.pass_host === 'rewrite' && !upstream.upstream_host) {
    throw new ConfigInvalidError("`upstream_host` can't be empty when `pass_host` is `rewrite`")
  }
  if (upstream.type === 'chash') checkHashKey(stringOf(upstream.hash_on) ?? 'vars', stringOf(upstream.key))
}

function checkNodes(nodes: Json | undefined): void {
  if (Array.isArray(nodes)) {
    for (const node of nodes.filter(isJsonObject)) {
      if (isIPv6(stringOf(node.host) ?? '')) {
        throw new ConfigInvalidError("invalid configuration: IPv6 address must be enclosed with '[' and ']'")
      }
    }
    return
  }
  for (const address of Object.keys(objectOf(nodes) ?? {})) {
    const port = /^(?:\[.*\]|[^:]*):(\d+)$/.exec(address)?.[1]
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) {
      throw new ConfigInvalidError(`invalid port ${Number(port)}`)
    }
  }
}

function checkClientCertificate(tls: JsonObject): void {
  parseCertificate(stringOf(tls.client_cert))
  parsePrivateKey(stringOf(tls.client_key))
}

// As APISIX has it; in the class `A-z` it takes more than letters.
const hashVariables =
  '^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)' +
  '|arg_[0-9a-zA-z_-]+)$'
const hashFields = '^[a-zA-Z0-9-_]+$'

function checkHashKey(hashOn: string, key: string | undefined): void {
  if (hashOn === 'consumer') return
  if (key === undefined) throw new ConfigInvalidError('missing key')
  if (hashOn === 'vars_combinations') return
  const pattern = hashOn === 'vars' ? hashVariables : hashFields
  if (new RegExp(pattern).test(key)) return
  throw new ConfigInvalidError(
    `invalid configuration: failed to match pattern ${luaQuote(pattern)} with ${luaQuote(key)}`,
  )
}
