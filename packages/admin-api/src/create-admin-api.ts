import { type ConfigStore, createValidator, type FieldCipher, type Registry } from '@sluice/core'
import type { Log } from '@sluice/spi'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { AuditOptions } from './audit/audit-log.ts'
import { createGuard } from './auth.ts'
import { createBrowserGuard } from './browser-guard.ts'
import { type CorsOptions, corsHeaders } from './cors.ts'
import { type AdminRequest, createDispatch } from './dispatch.ts'
import { type Answer, answerError, serialize } from './envelope.ts'
import { PathInvalidError } from './errors.ts'
import { FailedKeys } from './failed-keys.ts'
import { type AdminTls, answerClientError, createHttpServer, safetyHeaders } from './http-server.ts'
import type { KeyTable } from './keys/key-table.ts'
import { defaultBodyLimit } from './request-body.ts'
import { createSecrets } from './secrets.ts'
import { Standalone } from './standalone.ts'
import { createUpstreamTester, type OpenSecrets, type UpstreamReach } from './upstream-tester.ts'

/** What an Admin API is made with. */
export interface AdminApiOptions {
  readonly store: ConfigStore
  readonly registry: Registry
  /** For secret fields at rest. */
  readonly cipher: FieldCipher
  /** Nobody gets in without one of these; there is no default key. */
  readonly keys: KeyTable
  /** Addresses and ranges that may connect, e.g. `127.0.0.0/24`; an empty list lets every address in. */
  readonly allowAdmin: readonly string[]
  /** Whether the admin role, too, sees secrets masked; false by default, for tools read, edit and PUT back. */
  readonly maskSecrets?: boolean
  /** Whether the whole configuration may be put, as in APISIX's standalone mode; false by default. */
  readonly isStandalone?: boolean
  /** Whether upstreams that have TLS without verification are refused; false by default. */
  readonly requireVerify?: boolean
  /** Milliseconds since 1970; the clock by default. */
  readonly now?: () => number
  readonly log: Log
  /** Where each write is told of before it is answered; nowhere by default. */
  readonly audit?: AuditOptions
  /** How upstreams are tested; they are not by default. */
  readonly reach?: UpstreamReach
  /** Puts secrets that are kept elsewhere in the place of references to them, for tests of upstreams; they stay by default. */
  readonly openSecrets?: OpenSecrets
  /** Bytes of a body at most, 1.5 MiB by default. */
  readonly bodyLimit?: number
  /** Names and addresses, without a port, that are answered to; any by default. */
  readonly allowedHosts?: readonly string[]
  /** HTTP by default. */
  readonly tls?: AdminTls
  /** Off by default. */
  readonly cors?: CorsOptions
}

// No id with a sub-path is as long.
const longestPath = 16_384

/**
 * Makes the Admin API, compatible with that of Apache APISIX, below `/apisix/admin`. The server does not listen yet.
 * Compiles the schemas of the registry, which takes a few hundred milliseconds.
 */
export function createAdminApi(options: AdminApiOptions): FastifyInstance {
  const { store, registry, log, cors, reach, openSecrets = async (_, entry) => entry, requireVerify = false } = options
  const { decrypt } = options.cipher
  const failedKeys = new FailedKeys(options.now ?? Date.now, (remoteAddress) =>
    log.warn({ remoteAddress }, 'an address is refused for a minute: it sent too many wrong keys'),
  )
  const dispatch = createDispatch({
    store,
    ...(options.audit && { audit: options.audit }),
    log,
    registry,
    secrets: createSecrets(registry, options.cipher, log),
    validator: createValidator(registry, { requireVerify }),
    ...(reach && { testUpstream: createUpstreamTester({ registry, decrypt, requireVerify, reach, openSecrets, log }) }),
    keys: options.keys,
    guard: createGuard(options.keys, options.allowAdmin, failedKeys),
    browsers: createBrowserGuard(options.allowedHosts, cors?.origins ?? []),
    maskSecrets: options.maskSecrets ?? false,
    isStandalone: options.isStandalone ?? false,
    standalone: new Standalone(),
    now: options.now ?? Date.now,
    bodyLimit: options.bodyLimit ?? defaultBodyLimit,
    answersPreflight: cors !== undefined,
  })
  const app = Fastify({
    exposeHeadRoutes: false,
    serverFactory: (handler) => createHttpServer(handler, options.tls),
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: longestPath },
    frameworkErrors: (_error, _request, reply) => send(reply, answerError(new PathInvalidError(), '')),
  })
  readBodiesRaw(app)
  // All requests come to one handler, which brings paths to one normal form itself: no second parser, no second spelling.
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const isPreflight = cors !== undefined && request.method === 'OPTIONS'
    reply.headers(corsHeaders(cors, request.headers.origin, isPreflight))
    return send(reply, await dispatch(toAdminRequest(request)))
  }
  app.all('*', handle)
  app.setNotFoundHandler(handle)
  return app
}

/** Hands bodies to the handler unread, whatever their content type: clients of APISIX send JSON as anything. */
function readBodiesRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', (request, _reply, done) => {
    // A type that is not even well-formed would be refused before the parser is looked for.
    request.headers['content-type'] = 'application/json'
    done()
  })
}

function toAdminRequest(request: FastifyRequest): AdminRequest {
  return {
    method: request.method,
    url: request.raw.url ?? '/',
    remoteAddress: request.socket.remoteAddress ?? '',
    host: request.headers.host,
    origin: request.headers.origin,
    apiKey: request.headers['x-api-key'],
    conditions: { ifMatch: request.headers['if-match'], ifNoneMatch: request.headers['if-none-match'] },
    prefer: oneOf(request.headers.prefer),
    digest: oneOf(request.headers['x-digest']),
    contentLength: request.headers['content-length'],
    body: request.raw,
  }
}

/** A header that is sent twice counts as one list. */
function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}

function send(reply: FastifyReply, { status, body, headers }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ 'Content-Type': 'application/json', Server: 'Sluice', ...safetyHeaders, ...headers })
    .send(Buffer.from(serialize(body)))
}
