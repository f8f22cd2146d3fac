import { isDeepStrictEqual } from 'node:util'
import {
  type ConfigSnapshot,
  type ConfigWrite,
  isJsonObject,
  type JsonObject,
  readConfiguration,
  relationFaults,
  resourceTypeOf,
  showConfiguration,
} from '@sluice/core'
import { type Change, changesBetween } from '../changes.ts'
import { checkTag, tagOf } from '../conditions.ts'
import type { Answer } from '../envelope.ts'
import { RequestInvalidError, WriteConflictError } from '../errors.ts'
import { restoringMasks, withType } from '../standalone.ts'
import { faultyConfiguration } from './configs.ts'
import type { Endpoint, EndpointCall, EndpointTools } from './endpoint.ts'

/** GET `/configs`: the whole configuration. Fields that no GET of a resource shows are masked, so that it may be put back. */
export const showConfigs: Endpoint = async (tools, { holder }) => {
  const { store, secrets, standalone, maskSecrets } = tools
  const snapshot = await store.list('/')
  const isMasked = maskSecrets || holder.role !== 'admin'
  const shown = snapshot.entries.map((entry) => {
    const type = resourceTypeOf(entry.key)
    if (type === undefined) return entry
    const masked = secrets.mask(type, entry.value)
    if (isMasked) return { key: entry.key, value: masked }
    const hidden = Object.entries(masked).filter(([name]) => type.hidden.includes(name))
    return { key: entry.key, value: { ...secrets.reveal(type, entry), ...Object.fromEntries(hidden) } }
  })
  const body = { ...showConfiguration(shown), ...Object.fromEntries(standalone.versions) }
  return { status: 200, body, headers: headersOf(standalone.digestOf(snapshot, secrets)) }
}

/**
 * PUT `/configs`: replaces the whole configuration, in one revision; what is as before keeps its index. One that `X-Digest`
 * says is there already is not looked at.
 *
 * @throws RequestInvalidError, PreconditionFailedError, WriteConflictError; faults of items are answered
 */
export const putConfigs: Endpoint = async (tools, call) => {
  const { store, secrets, standalone, validator, registry } = tools
  const { body, digest, conditions, isDryRun } = call
  const before = await store.list('/')
  const current = standalone.digestOf(before, secrets)
  checkTag(conditions, 'configuration', tagOf(current))
  if (digest !== undefined && digest === current) return { status: 204, body: '', headers: headersOf(current) }
  if (body === undefined) throw new RequestInvalidError('invalid request body: empty request body')
  const versions = versionsOf(call, tools)
  const stored = new Map(before.entries.map((entry) => [entry.key, entry]))
  const open = restoringMasks(before.entries, secrets)
  const { items, faults } = readConfiguration(body, validator, open)
  if (faults.length > 0) return faultyConfiguration(faults)
  const opened = items.map((item) => ({ ...item, value: open(item.key, item.value) }))
  const broken = relationFaults(opened, registry)
  if (broken.length > 0) return faultyConfiguration(broken)

  const plan = planOf(tools, before, new Map(opened.map(({ key, value }) => [key, value])))
  if (isDryRun) {
    return {
      status: 200,
      body: { dry_run: true, changes: plan.changes() },
      headers: { 'Preference-Applied': 'dry-run' },
    }
  }
  const compares = plan.writes.map(({ key }) => ({ key, modifiedIndex: stored.get(key)?.modifiedIndex ?? 0 }))
  const result = await store.transact(compares, plan.writes)
  if (!result.committed) throw new WriteConflictError('the configuration')
  for (const [name, version] of versions) standalone.versions.set(name, version)
  const after = await store.list('/')
  if (digest !== undefined) standalone.name(digest, after.revision)
  return { status: 202, body: plan.counts, headers: headersOf(standalone.digestOf(after, secrets)) }
}

/** What replaces one configuration by another. */
interface Plan {
  readonly writes: readonly ConfigWrite[]
  readonly counts: { readonly created: number; readonly updated: number; readonly deleted: number }
  /** For a dry run: by key, what would change in it. */
  changes(): readonly { readonly key: string; readonly changes: readonly Change[] }[]
}

function planOf({ secrets }: EndpointTools, { entries }: ConfigSnapshot, after: ReadonlyMap<string, JsonObject>): Plan {
  const known = entries.filter(({ key }) => resourceTypeOf(key) !== undefined)
  const before = new Map(known.map((entry) => [entry.key, withType(entry.key, entry.value, secrets.decrypt)]))
  const gone = [...before.keys()].filter((key) => !after.has(key))
  const changed = [...after].filter(([key, value]) => !isDeepStrictEqual(before.get(key), value))
  const sides = (key: string, value: JsonObject | undefined) =>
    value && { plain: value, shown: withType(key, value, secrets.mask) }
  return {
    writes: [
      ...gone.map((key) => ({ kind: 'delete', key }) as const),
      ...changed.map(([key, value]) => ({ kind: 'put', key, value: withType(key, value, secrets.encrypt) }) as const),
    ],
    counts: {
      created: changed.filter(([key]) => !before.has(key)).length,
      updated: changed.filter(([key]) => before.has(key)).length,
      deleted: gone.length,
    },
    changes: () =>
      [...gone, ...changed.map(([key]) => key)].map((key) => ({
        key: `/apisix${key}`,
        changes: changesBetween(sides(key, before.get(key)), sides(key, after.get(key))),
      })),
  }
}

const versionSuffix = '_conf_version'

/** The versions that a body gives its collections; as in APISIX they never get lower. */
function versionsOf({ body }: EndpointCall, { standalone }: EndpointTools): readonly (readonly [string, number])[] {
  if (body === undefined || !isJsonObject(body)) return []
  return Object.entries(body).flatMap(([name, version]) => {
    if (!name.endsWith(versionSuffix)) return []
    if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
      throw new RequestInvalidError(`${name} must be a number`)
    }
    const last = standalone.versions.get(name) ?? 0
    if (version < last) throw new RequestInvalidError(`${name} must be greater than or equal to (${last})`)
    return [[name, version] as const]
  })
}

function headersOf(digest: string): Answer['headers'] & object {
  return { 'X-Digest': digest, ETag: tagOf(digest) }
}
