import {
  type Log,
  type ResolvedUpstream,
  type SchemeEnv,
  type SessionContext,
  type SocketScheme,
  type SocketSchemeInstance,
  spiVersion,
} from '@sluice/spi'
import type { Static, TObject } from 'typebox'
import { createCodec } from './codec.ts'
import { fieldNumbers } from './field-numbers.ts'
import { HookChain } from './hook-chain.ts'
import { readBytesForms } from './json/bytes-forms.ts'
import type { PubSubProtocol } from './proto-module.ts'
import type { Answer, CommandHandlers, PubSubSchemeDefinition, PubSubUpstream, UpstreamEnv } from './scheme-types.ts'
import { type AnyHandler, type AnyPort, PubSubSocketSession } from './session.ts'
import { createSessionMetrics } from './session-metrics.ts'
import { type AnyUpstream, createHandlerSource, upstreamKey } from './shared-upstream.ts'
import { createUsagePool } from './usage-pool.ts'

const defaultCommandTimeoutMs = 30_000

// More upstreams than any gateway was seen to have; what is forgotten beyond it still works for those who use it.
const mostUpstreams = 10_000

/**
 * Makes a scheme of its definition; the default export of a scheme package. The core does framing, order, flow control,
 * limits, JSON and sharing; the definition makes the broker calls.
 * @public
 */
export function definePubSubScheme<
  Options extends TObject,
  Protocol extends PubSubProtocol,
  Identity extends readonly unknown[] = readonly [],
>(definition: PubSubSchemeDefinition<Options, Protocol, Identity>): SocketScheme {
  let protocol: SocketScheme['protocol']
  return {
    kind: 'scheme',
    spi: spiVersion,
    get protocol() {
      protocol ??= fieldNumbers(definition.proto)
      return protocol
    },
    name: definition.name,
    options: definition.options,
    usage:
      'open a WebSocket on this path and send PubSubReq messages in binary frames, or JSON in text frames such as '.concat(
        definition.example,
      ),
    create: (env) => createInstance(definition, env),
    ...(definition.testUpstream && { testUpstream: definition.testUpstream }),
  }
}

function createInstance<Options extends TObject, Protocol extends PubSubProtocol, Identity extends readonly unknown[]>(
  definition: PubSubSchemeDefinition<Options, Protocol, Identity>,
  env: SchemeEnv,
): SocketSchemeInstance {
  const codec = createCodec(definition.proto)
  const metrics = createSessionMetrics(env.metrics, definition.name)
  const records = new Map<string, string>(Object.entries(definition.records ?? {}))
  const hookFailed = (plugin: string): void =>
    env.metrics.counter('plugin_failures_total', 'Exceptions in plugins', { plugin }).add(1)
  const closeFailed = (error: unknown): void => {
    metrics.failed()
    env.log.error({ err: error, scheme: definition.name }, 'closing an upstream or session failed')
  }
  const pool = createUsagePool<AnyUpstream>(mostUpstreams, closeFailed)

  const openUpstream = async (upstream: ResolvedUpstream, identity: Identity) => {
    const { nodes, tls, timeouts } = upstream
    const options = optionsOf<Options>(upstream)
    return anyUpstream(
      await definition.upstream({ nodes, tls, timeouts, options, identity, env: upstreamEnv(env, upstream) }),
    )
  }

  return {
    check({ query }) {
      readBytesForms(query, codec.bytesFields)
    },
    open(ctx, socket) {
      const identity = identityOf(definition, ctx)
      const source = createHandlerSource(
        pool,
        upstreamKey(ctx.upstream, identity),
        () => openUpstream(ctx.upstream, identity),
        ctx.log,
        closeFailed,
      )
      return new PubSubSocketSession({
        socket,
        codec,
        source,
        limits: env.limits,
        bytesForms: readBytesForms(ctx.request.query, codec.bytesFields),
        commandTimeoutMs: definition.commandTimeoutMs?.(optionsOf<Options>(ctx.upstream)) ?? defaultCommandTimeoutMs,
        example: definition.example,
        scheme: definition.name,
        metrics,
        ...(ctx.hooks.length > 0 && {
          hooks: new HookChain({ hooks: ctx.hooks, codec, records, onFailed: hookFailed, log: ctx.log }),
        }),
        log: ctx.log,
      })
    },
    close() {},
  }
}

function upstreamEnv({ dialFor, log, metrics, limits }: SchemeEnv, upstream: ResolvedUpstream): UpstreamEnv {
  return { dial: dialFor(upstream), log, metrics, limits }
}

function identityOf<Options extends TObject, Protocol extends PubSubProtocol, Identity extends readonly unknown[]>(
  definition: PubSubSchemeDefinition<Options, Protocol, Identity>,
  ctx: SessionContext,
): Identity {
  // Without `identity` the type is the empty tuple.
  return definition.identity?.(ctx.values) ?? ([] as readonly unknown[] as Identity)
}

/** The route table has checked the options against the scheme's schema and filled in the defaults. */
function optionsOf<Options extends TObject>(upstream: ResolvedUpstream): Static<Options> {
  return upstream.options as Static<Options>
}

function anyUpstream<Protocol extends PubSubProtocol>(upstream: PubSubUpstream<Protocol>): AnyUpstream {
  return {
    session(port: AnyPort, log: Log) {
      const session = upstream.session({
        push: (answer: Answer<Protocol>, sequence = 0n) => port.push(answer, sequence),
        onRoom: (listener) => port.onRoom(listener),
        log,
      })
      return { commands: handlerMap(session.commands), close: () => session.close?.() }
    },
    close: () => upstream.close?.(),
  }
}

function handlerMap<Protocol extends PubSubProtocol>(
  commands: CommandHandlers<Protocol>,
): ReadonlyMap<string, AnyHandler> {
  // The codec decodes each command to the type that its handler takes; only the names are known here.
  return new Map(Object.entries(commands) as [string, AnyHandler][])
}
