import { readServerCertificate, type ServerCertificate } from './certificates/server-certificate.ts'
import { ServerNames } from './certificates/server-names.ts'
import { createConfigDefaults } from './config-defaults.ts'
import type { ConfigChange, ConfigEntry, ConfigRevision, ConfigSnapshot } from './config-store.ts'
import { ConsumerTable } from './consumers/consumer-table.ts'
import { buildEffectiveRoute, type EffectiveRoute } from './effective-route.ts'
import { buildGlobalRules, type GlobalRules, noGlobalRules } from './global-rules.ts'
import type { MatchRequest, UriParams } from './match-request.ts'
import { PersistentMap } from './persistent-map.ts'
import type { PipelinePlugin } from './pipeline.ts'
import type { Registry } from './registry.ts'
import { RouteIndex } from './route-index.ts'
import { partsOf, type RouteParts, type SharedParts, sameParts, sharedKinds } from './route-parts.ts'
import { createRecord, hostsDiffer, isEnabled, ownHosts, type RouteRecord } from './route-record.ts'
import type { RouteTools } from './route-tools.ts'
import { createReferenceResolver, type ReferableEnvironment } from './secrets/resolve-reference.ts'

/** What a route table is made with. */
export interface RouteTableOptions {
  readonly registry: Registry
  /** Decrypts one secret field; gives plain text back as it is. */
  readonly decrypt: (text: string) => string
  /** Where `$env://` references lead; that of the process by default. */
  readonly environment?: ReferableEnvironment
  /** Whether a route whose upstream has TLS without verification is refused; false by default. */
  readonly requireVerify?: boolean
  /** Told of a stored resource that cannot be used, with its key, e.g. `/routes/1`; the rest goes on working. */
  readonly onProblem: (key: string, error: Error) => void
}

/** The route of a request. */
export interface RouteMatch {
  readonly route: EffectiveRoute
  readonly params: UriParams
}

/** What was last built of the global rules, and of which, and of certificates; all versions of a table share it. */
interface GlobalMemo {
  rules: PersistentMap<ConfigEntry>
  built: GlobalRules
  /** Undefined for an ssl that cannot be shown. */
  readonly certificates: WeakMap<ConfigEntry, { readonly certificate: ServerCertificate | undefined }>
}

interface TableState {
  readonly revision: number
  readonly routes: PersistentMap<RouteRecord>
  readonly services: PersistentMap<ConfigEntry>
  readonly shared: SharedParts
  readonly globalRules: PersistentMap<ConfigEntry>
  readonly consumers: ConsumerTable
  readonly serverNames: ServerNames
  /** Ids of the routes that refer to a service, by its id. */
  readonly routesByService: PersistentMap<PersistentMap<true>>
  readonly index: RouteIndex
}

const emptyState: Omit<TableState, 'consumers'> = {
  revision: 0,
  routes: PersistentMap.empty(),
  services: PersistentMap.empty(),
  shared: { upstreams: PersistentMap.empty(), plugin_configs: PersistentMap.empty(), ssls: PersistentMap.empty() },
  globalRules: PersistentMap.empty(),
  routesByService: PersistentMap.empty(),
  index: RouteIndex.empty(),
  serverNames: ServerNames.empty(),
}

/** An empty route table; compiles the schemas of the registry, which takes about 10 ms for each. */
export function createRouteTable({
  registry,
  decrypt,
  environment = process.env,
  requireVerify = false,
  onProblem,
}: RouteTableOptions): RouteTable {
  const resolve = createReferenceResolver(environment, decrypt)
  const defaults = createConfigDefaults(registry)
  return RouteTable.create({ registry, decrypt, resolve, requireVerify, onProblem, defaults })
}

/**
 * All routes at one revision, immutable: a change makes a new table at the cost of the change, and the old one stays valid
 * for whoever holds it. Routes are merged and their plugins built when they are first used.
 */
export class RouteTable {
  readonly #state: TableState
  readonly #tools: RouteTools
  readonly #global: GlobalMemo

  private constructor(state: TableState, tools: RouteTools, global: GlobalMemo) {
    this.#state = state
    this.#tools = tools
    this.#global = global
  }

  static create(tools: RouteTools): RouteTable {
    const state = { ...emptyState, consumers: ConsumerTable.create(tools) }
    const memo = { rules: emptyState.globalRules, built: noGlobalRules, certificates: new WeakMap() }
    return new RouteTable(state, tools, memo)
  }

  /** Revision of the configuration that the table shows. */
  get revision(): number {
    return this.#state.revision
  }

  /** The plugins of all global rules, built when they are first asked for. Same instances as long as their rules are. */
  get globalPlugins(): readonly PipelinePlugin[] {
    const { globalRules } = this.#state
    if (this.#global.rules !== globalRules) {
      this.#global.built = buildGlobalRules(globalRules.entries(), this.#tools, this.#global.built)
      this.#global.rules = globalRules
    }
    return this.#global.built.plugins
  }

  /** The consumers, their credentials and groups. */
  get consumers(): ConsumerTable {
    return this.#state.consumers
  }

  /** What is shown to clients who ask for a name (SNI); undefined where there is none. Same object as long as its ssl is. */
  certificate(name: string): ServerCertificate | undefined {
    const id = this.#state.serverNames.find(name)
    const entry = id === undefined ? undefined : this.#state.shared.ssls.get(id)
    if (id === undefined || entry === undefined) return undefined
    const known = this.#global.certificates.get(entry)
    if (known !== undefined) return known.certificate
    const certificate = this.#readCertificate(id, entry)
    this.#global.certificates.set(entry, { certificate })
    return certificate
  }

  /** Number of routes, switched off or not. */
  get size(): number {
    return this.#state.routes.size
  }

  /** The table after a revision. */
  with({ revision, changes }: ConfigRevision): RouteTable {
    const state = changes.reduce((before, change) => applyChange(before, change, this.#tools), this.#state)
    return new RouteTable({ ...state, revision }, this.#tools, this.#global)
  }

  /** A table of the snapshot alone; routes that are the same in this one keep their plugin instances. */
  fromSnapshot({ revision, entries }: ConfigSnapshot): RouteTable {
    const kept = new Set(entries.map((entry) => entry.key))
    const gone = this.#keys().filter((key) => !kept.has(key))
    // Routes last: those that take their hosts from a service are then indexed once.
    const isRoute = (entry: ConfigEntry) => entry.key.startsWith('/routes/')
    const ordered = [...entries.filter((entry) => !isRoute(entry)), ...entries.filter(isRoute)]
    return this.with({ revision, changes: [...gone.map((key) => ({ key })), ...ordered.map(toChange)] })
  }

  /** The route that a request fits; undefined where none does. */
  match(request: MatchRequest): RouteMatch | undefined {
    const found = this.#state.index.find(request)
    const route = found && this.route(found.rule.routeId)
    return route && { route, params: found.params }
  }

  /** A route by its id; undefined where it does not exist or is switched off. */
  route(id: string): EffectiveRoute | undefined {
    const record = this.#state.routes.get(id)
    if (record === undefined || !isEnabled(record.entry)) return undefined
    const { memo } = record
    const parts = partsOf(record, this.#state.services, this.#state.shared)
    if (memo.effective === undefined || memo.parts === undefined || !sameParts(memo.parts, parts)) {
      memo.effective = buildEffectiveRoute(id, parts, this.#tools, memo.effective)
      memo.parts = parts
    }
    return memo.effective
  }

  /** Whether the route and all that it is made up of are the very same in the other table; builds nothing. */
  hasSameParts(other: RouteTable, id: string): boolean {
    const before = other.#parts(id)
    const after = this.#parts(id)
    return before !== undefined && after !== undefined && sameParts(before, after)
  }

  /** Ids of the routes that differ from another table's; undefined where what routes share does, so that any may. */
  differences(other: RouteTable): ReadonlySet<string> | undefined {
    const { routes, services, shared } = this.#state
    if (services !== other.#state.services || shared !== other.#state.shared) return undefined
    return new Set(PersistentMap.differences(other.#state.routes, routes))
  }

  #readCertificate(id: string, entry: ConfigEntry): ServerCertificate | undefined {
    try {
      return readServerCertificate(id, entry, this.#tools)
    } catch (cause) {
      this.#tools.onProblem(entry.key, cause instanceof Error ? cause : new Error(String(cause)))
      return undefined
    }
  }

  #parts(id: string): RouteParts | undefined {
    const record = this.#state.routes.get(id)
    return record === undefined || !isEnabled(record.entry)
      ? undefined
      : partsOf(record, this.#state.services, this.#state.shared)
  }

  #keys(): string[] {
    const { consumers, globalRules, routes, services, shared } = this.#state
    const ids = (map: PersistentMap<unknown>): readonly string[] => Array.from(map.entries(), ([id]) => id)
    const kinds = { routes, services, ...shared, global_rules: globalRules }
    return [
      ...Object.entries(kinds).flatMap(([kind, map]) => ids(map).map((id) => `/${kind}/${id}`)),
      ...consumers.keys(),
    ]
  }
}

function toChange(entry: ConfigEntry): ConfigChange {
  return { key: entry.key, entry }
}

function applyChange(state: TableState, { key, entry }: ConfigChange, tools: RouteTools): TableState {
  const consumers = state.consumers.with({ key, ...(entry && { entry }) })
  if (consumers !== state.consumers) return { ...state, consumers }
  const [, kind, id] = /^\/([a-z_]+)\/([^/]+)$/.exec(key) ?? []
  if (id === undefined) return state
  if (kind === 'routes') return changeRoute(state, id, entry, tools)
  if (kind === 'services') return changeService(state, id, entry, tools)
  if (kind === 'global_rules') return { ...state, globalRules: changed(state.globalRules, id, entry) }
  const shared = sharedKinds.find((each) => each === kind)
  if (shared === undefined) return state
  const next = { ...state, shared: { ...state.shared, [shared]: changed(state.shared[shared], id, entry) } }
  return kind === 'ssls' ? { ...next, serverNames: state.serverNames.with(id, state.shared.ssls.get(id), entry) } : next
}

function changed<V>(map: PersistentMap<V>, key: string, value: V | undefined): PersistentMap<V> {
  return value === undefined ? map.without(key) : map.with(key, value)
}

function changeRoute(state: TableState, id: string, entry: ConfigEntry | undefined, tools: RouteTools): TableState {
  const old = state.routes.get(id)
  const serviceOf = (serviceId: string) => state.services.get(serviceId)
  const next = entry && createRecord(id, entry, serviceOf, tools, old?.memo ?? {})
  let { index } = state
  for (const rule of old?.rules ?? []) index = index.without(old?.hosts ?? [], rule)
  for (const rule of next?.rules ?? []) index = index.with(next?.hosts ?? [], rule)
  const routesByService = changeReference(state.routesByService, id, old?.serviceId, next?.serviceId)
  return { ...state, index, routesByService, routes: changed(state.routes, id, next) }
}

function changeReference(
  references: PersistentMap<PersistentMap<true>>,
  routeId: string,
  before: string | undefined,
  after: string | undefined,
): PersistentMap<PersistentMap<true>> {
  if (before === after) return references
  let next = references
  if (before !== undefined) {
    const rest = next.get(before)?.without(routeId)
    next = changed(next, before, rest === undefined || rest.size === 0 ? undefined : rest)
  }
  return after === undefined ? next : next.with(after, (next.get(after) ?? PersistentMap.empty()).with(routeId, true))
}

function changeService(state: TableState, id: string, entry: ConfigEntry | undefined, tools: RouteTools): TableState {
  let next: TableState = { ...state, services: changed(state.services, id, entry) }
  if (!hostsDiffer(state.services.get(id), entry)) return next
  for (const [routeId] of state.routesByService.get(id)?.entries() ?? []) {
    const record = next.routes.get(routeId)
    if (record !== undefined && ownHosts(record.entry) === undefined) {
      next = changeRoute(next, routeId, record.entry, tools)
    }
  }
  return next
}
