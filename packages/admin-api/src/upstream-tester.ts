import {
  type ConfigEntry,
  type ConfigStore,
  createRouteTable,
  type JsonObject,
  type Registry,
  resourceTypeOf,
} from '@sluice/core'
import { createContextValues, type Log, type NodeTest, type SchemeEnv } from '@sluice/spi'
import { UpstreamNotTestableError } from './errors.ts'
import { listDirect } from './references.ts'

/** How an {@link UpstreamTester} gets to upstreams. */
export type UpstreamReach = Pick<SchemeEnv, 'dialFor' | 'metrics'>

/**
 * Puts secrets that are kept elsewhere in the place of references to them, encrypted. Rejects where one cannot be read.
 *
 * @param store has the secret managers
 */
export type OpenSecrets = (store: ConfigStore, entry: ConfigEntry) => Promise<ConfigEntry>

/** What an {@link UpstreamTester} is made of. */
export interface UpstreamTesterOptions {
  readonly registry: Registry
  readonly decrypt: (text: string) => string
  readonly requireVerify: boolean
  readonly reach: UpstreamReach
  readonly openSecrets: OpenSecrets
  readonly log: Log
}

/** How far a test goes, and how long. */
export interface TestBounds {
  readonly topic: string | undefined
  /** For everything together, in milliseconds. */
  readonly timeoutMs: number
}

/** What came of a test. */
export interface TestedUpstream {
  readonly scheme: string
  readonly nodes: readonly NodeTest[]
}

/**
 * Tries the upstream of a route, as its scheme does, with what its plugins and those of global rules have for it. The route
 * may be switched off, and need not be stored.
 *
 * @throws UpstreamNotTestableError
 */
export type UpstreamTester = (store: ConfigStore, route: ConfigEntry, bounds: TestBounds) => Promise<TestedUpstream>

// More would be as many connections at once.
const mostNodes = 64

/** Makes what tries upstreams. */
export function createUpstreamTester({
  registry,
  reach,
  openSecrets,
  log,
  ...rest
}: UpstreamTesterOptions): UpstreamTester {
  return async (store, route, { topic, timeoutMs }) => {
    const enabled = { ...route, value: { ...route.value, status: 1 } }
    const stored = [...(await listDirect(store, '/global_rules/')), ...(await withReferred(store, enabled))]
    const entries = await Promise.all(stored.map((entry) => openSecrets(store, entry))).catch((cause: unknown) => {
      throw new UpstreamNotTestableError(cause instanceof Error ? cause.message : String(cause), { cause })
    })
    // One for each test, so that what is built for it can be closed. A route that cannot be used is refused with its problem.
    const empty = createRouteTable({ registry, ...rest, onProblem: () => {} })
    const table = empty.with({ revision: 1, changes: entries.map((entry) => ({ key: entry.key, entry })) })
    const built = table.route(idOf(route))
    const plugins = [...table.globalPlugins, ...(built?.plugins ?? [])]
    try {
      const { upstream, problem } = built ?? {}
      if (upstream === undefined) throw new UpstreamNotTestableError(problem?.message ?? 'there is none')
      const test = registry.schemes.get(upstream.scheme)?.testUpstream
      if (test === undefined) throw new UpstreamNotTestableError(`the scheme ${upstream.scheme} has no tests`)
      const count = upstream.nodes.length
      if (count === 0 || count > mostNodes) {
        throw new UpstreamNotTestableError(`it has ${count} nodes, and 1 to ${mostNodes} are tried at once`)
      }
      const values = createContextValues()
      for (const { instance } of plugins) instance.prepare?.(values)
      const dial = reach.dialFor(upstream)
      const nodes = await test({ upstream, values, topic, timeoutMs, dial, log, metrics: reach.metrics })
      return { scheme: upstream.scheme, nodes }
    } finally {
      await Promise.all(plugins.map(({ instance }) => instance.close?.()))
    }
  }
}

/** A route that has nothing but this upstream. */
export function routeOf(upstream: JsonObject): ConfigEntry {
  return { key: '/routes/test', value: { id: 'test', uri: '/', upstream }, createdIndex: 0, modifiedIndex: 0 }
}

/** A resource and all that it refers to, and what that does. */
async function withReferred(store: ConfigStore, entry: ConfigEntry): Promise<readonly ConfigEntry[]> {
  const references = resourceTypeOf(entry.key)?.references(entry.value) ?? []
  const referred = await Promise.all(
    references.map(async ({ key }) => {
      const found = await store.get(key)
      return found === undefined ? [] : withReferred(store, found)
    }),
  )
  return [entry, ...referred.flat()]
}

function idOf({ key }: ConfigEntry): string {
  return key.slice('/routes/'.length)
}
