import { ConfigInvalidError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { objectOf, stringOf, stringsOf } from '../json-fields.ts'
import { host, meta } from '../schema/definitions.ts'
import { parseCertificate, parsePrivateKey } from '../validate/pem.ts'
import { common, oneSchema, type ResourceType } from './resource-type.ts'

const certificate = (description: string): JsonObject => ({
  type: 'string',
  minLength: 128,
  maxLength: 65536,
  description,
})
const key = (description: string): JsonObject => ({ type: 'string', minLength: 64, maxLength: 65536, description })

const { name: _, ...described } = meta

const properties: JsonObject = {
  ...described,
  type: {
    type: 'string',
    enum: ['server', 'client'],
    default: 'server',
    description: '`server`: shown to clients; `client`: shown to upstreams that name it in `tls.client_cert_id`.',
  },
  cert: certificate('Certificate and those between it and the CA, PEM.'),
  key: key('Its private key, PEM; encrypted at rest, shown by no GET.'),
  certs: { type: 'array', items: certificate('Certificate, PEM.'), description: 'Further certificates.' },
  keys: { type: 'array', items: key('Private key, PEM.'), description: 'Keys of `certs`, in their order.' },
  sni: { ...host, description: 'Name that the certificate is shown for.' },
  snis: { type: 'array', items: host, minItems: 1, description: 'Several names instead of `sni`.' },
  client: {
    type: 'object',
    description: 'Asks clients for certificates.',
    properties: {
      ca: certificate('Certificates of the CAs of clients, PEM.'),
      depth: { type: 'integer', minimum: 0, default: 1, description: 'Certificates between client and CA at most.' },
      skip_mtls_uri_regex: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', description: 'Regular expression.' },
        description: 'Paths that need no certificate.',
      },
    },
    required: ['ca'],
  },
  status: { type: 'integer', enum: [1, 0], default: 1, description: '0 switches the certificate off.' },
  ssl_protocols: {
    type: 'array',
    maxItems: 3,
    uniqueItems: true,
    items: { type: 'string', enum: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
    description: "Versions of TLS instead of the gateway's.",
  },
}

/** `/apisix/admin/ssls`. */
export const ssl: ResourceType = {
  ...common,
  name: 'ssls',
  kind: 'ssl',
  title: 'ssl',
  schemas: oneSchema('ssl', () => ({
    type: 'object',
    properties,
    // A type that is absent is `server`.
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    ...{ if: { properties: { type: { enum: ['server'] } } }, then: forServers, else: { required: ['key', 'cert'] } },
    additionalProperties: false,
  })),
  secrets: ['key', 'keys'],
  hidden: ['key', 'keys'],
  checkRest: checkPairs,
  inUse: 'ssl',
}

const forServers: JsonObject = {
  oneOf: [{ required: ['sni', 'key', 'cert'] }, { required: ['snis', 'key', 'cert'] }],
}

function checkPairs(value: JsonObject): void {
  checkPair(stringOf(value.cert), stringOf(value.key))
  if (value.type === 'client') return
  const certs = stringsOf(value.certs) ?? []
  const keys = stringsOf(value.keys) ?? []
  if (certs.length !== keys.length) throw new ConfigInvalidError('mismatched number of certs and keys')
  for (const [i, cert] of certs.entries()) {
    withPrefix(`failed to handle cert-key pair[${i + 1}]: `, () => checkPair(cert, keys[i]))
  }
  withPrefix('failed to validate client_cert: ', () => parseCertificate(stringOf(objectOf(value.client)?.ca)))
}

/** Our own text, beside APISIX's: with a key of another certificate every handshake would fail. */
function checkPair(cert: string | undefined, privateKey: string | undefined): void {
  const parsed = parseCertificate(cert)
  const parsedKey = parsePrivateKey(privateKey)
  if (parsed !== undefined && parsedKey !== undefined && !parsed.checkPrivateKey(parsedKey)) {
    throw new ConfigInvalidError('the key does not belong to the certificate')
  }
}

function withPrefix(prefix: string, check: () => void): void {
  try {
    check()
  } catch (cause) {
    throw new ConfigInvalidError(`${prefix}${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
