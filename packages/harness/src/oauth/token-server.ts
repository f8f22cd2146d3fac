import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** A client that may ask for tokens. */
export interface TokenClient {
  readonly clientId: string
  readonly clientSecret: string
  /** Of its tokens, in seconds. */
  readonly ttl: number
}

export interface TokenServerOptions {
  readonly clients: readonly TokenClient[]
  /** PEM, of the port that has TLS. */
  readonly cert: string
  readonly key: string
}

/** An OAuth 2.0 server that issues JWTs, for SASL OAUTHBEARER. */
export interface TokenServer {
  readonly issuer: string
  readonly audience: string
  /** Token endpoint over TLS. */
  readonly tokenUrl: string
  /** The same without TLS. */
  readonly plainTokenUrl: string
  /** The keys, without TLS; served also while the token endpoint is down. */
  readonly jwksUrl: string
  /** Requests that came to the token endpoint. */
  readonly requests: number
  /** Whether the token endpoint answers; its ports refuse connections otherwise. */
  setUp(up: boolean): Promise<void>
  /** A token with these claims besides issuer, audience and subject, signed with the server's key. */
  sign(claims: Readonly<Record<string, unknown>>): string
  /** May be called twice. */
  stop(): Promise<void>
}

const AUDIENCE = 'https://kafka.test'
const KEY_ID = 'test-key'

/** Starts `oidc-provider` on free ports of 127.0.0.1, with the client credentials grant alone. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const keys = createServer((request, response) => void handle(request, response))
  const issuer = `http://127.0.0.1:${await listen(keys, 0)}`
  const { publicKey: _, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const handle = createProvider(issuer, privateKey, options).callback()
  let requests = 0
  const ends: { server: Server; port: number }[] = []
  for (const server of [
    createTlsServer({ cert: options.cert, key: options.key }, (request, response) => {
      requests++
      void handle(request, response)
    }),
    createServer((request, response) => {
      requests++
      void handle(request, response)
    }),
  ]) {
    ends.push({ server, port: await listen(server, 0) })
  }
  const [secure, plain] = ends.map(({ port }) => `127.0.0.1:${port}/token`)
  return {
    issuer,
    audience: AUDIENCE,
    tokenUrl: `https://${secure}`,
    plainTokenUrl: `http://${plain}`,
    jwksUrl: `${issuer}/jwks`,
    get requests() {
      return requests
    },
    async setUp(up) {
      for (const { server, port } of ends) {
        if (up !== server.listening) await (up ? listen(server, port) : close(server))
      }
    },
    sign: (claims) => signToken(privateKey, { iss: issuer, aud: AUDIENCE, sub: 'static', ...claims }),
    async stop() {
      await Promise.all([keys, ...ends.map(({ server }) => server)].map(close))
    },
  }
}

function createProvider(issuer: string, privateKey: KeyObject, { clients }: TokenServerOptions): Provider {
  return new Provider(issuer, {
    clients: clients.map(({ clientId, clientSecret }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }] },
    ttl: { ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? 60 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: (_context, _resource, client) => ({
          scope: 'kafka',
          audience: AUDIENCE,
          accessTokenTTL: clients.find(({ clientId }) => clientId === client.clientId)?.ttl ?? 60,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
}

/** A JWS in compact form. RFC 7515, RFC 7519. */
function signToken(privateKey: KeyObject, claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const text = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: KEY_ID })}.${encode({ iat: now, exp: now + 3600, ...claims })}`
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
