import { definePlugin, type Plugin, type PluginInstance, type Scheme, spiVersion } from '@sluice/spi'
import Type from 'typebox'
import type { ConfigEntry, ConfigRevision } from '../../src/config-store.ts'
import type { JsonObject } from '../../src/json.ts'
import { createRegistry, type Registry } from '../../src/registry.ts'
import { createRouteTable, type RouteTable } from '../../src/route-table.ts'

/** A scheme `kafka` with one option, which is never opened. */
const kafka: Scheme = {
  kind: 'scheme',
  spi: spiVersion,
  name: 'kafka',
  options: Type.Object({ fetch_max_bytes: Type.Integer({ default: 1048576 }) }),
  usage: '',
  create: () => {
    throw new Error('a route table opens no scheme')
  },
}

/** A plugin that keeps each configuration it was built with; its `password` is a secret. */
export function recordingPlugin(name: string, priority: number, built: unknown[] = []): Plugin {
  return definePlugin({
    name,
    priority,
    config: Type.Object({ password: Type.Optional(Type.String()), tries: Type.Integer({ default: 3 }) }),
    secrets: ['password'],
    create: (config): PluginInstance => {
      built.push(config)
      return {}
    },
  })
}

interface TableFixture {
  readonly table: RouteTable
  /** Resources that were reported as unusable, with the code or name of the error. */
  readonly problems: string[]
}

/** An empty table whose secrets are texts in angle brackets. */
export function emptyTable(plugins: readonly Plugin[] = [], requireVerify = false): TableFixture {
  const registry: Registry = createRegistry([kafka], plugins)
  const problems: string[] = []
  const table = createRouteTable({
    registry,
    environment: { PASSWORD: 'from outside', BOTH: '{"cert":"CERT","key":"KEY"}' },
    requireVerify,
    decrypt: (text) => {
      if (text === '<broken>') throw new Error('no key decrypts it')
      return text.replace(/^<(.*)>$/, '$1')
    },
    onProblem: (key, error) => problems.push(`${key}: ${error.message}`),
  })
  return { table, problems }
}

/** A stored resource. */
export function entry(key: string, value: JsonObject, revision = 1, createdIndex = revision): ConfigEntry {
  return { key, value, createdIndex, modifiedIndex: revision }
}

/** A revision that puts each value, or deletes it where it is null. */
export function revisionOf(revision: number, values: Readonly<Record<string, JsonObject | null>>): ConfigRevision {
  return {
    revision,
    changes: Object.entries(values).map(([key, value]) =>
      value ? { key, entry: entry(key, value, revision) } : { key },
    ),
  }
}

/** An upstream that every test of routes can use. */
export const upstream = { scheme: 'kafka', type: 'none', nodes: { 'broker:9092': 1 } }
