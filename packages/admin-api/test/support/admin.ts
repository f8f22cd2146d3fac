import { type ConfigStore, createFieldCipher, openMemoryStore } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { ManualClock } from '../../../core/test/support/manual-clock.ts'
import { testRegistry } from '../../../core/test/support/test-registry.ts'
import { type AdminApiOptions, type AdminKey, createAdminApi, fixedKeys } from '../../src/index.ts'
import type { UpstreamReach } from '../../src/upstream-tester.ts'
import { createSelfSigned } from './self-signed.ts'

/** Keys of the tests, by the name that goldens use. */
export const keys = { admin: 'the-key-of-the-admin', viewer: 'the-key-of-the-viewer' } as const

/** The same, as a configuration file has them. */
export const testKeys: readonly AdminKey[] = [
  { name: 'ops', key: keys.admin, role: 'admin' },
  { name: 'dashboard', key: keys.viewer, role: 'viewer' },
]

const noMetric = { add: () => {}, observe: () => {} }

/** For those who test upstreams that nobody connects to. */
export const noReach: UpstreamReach = {
  dialFor: () => () => Promise.reject(new Error('nothing is dialled here')),
  metrics: { counter: () => noMetric, gauge: () => noMetric, histogram: () => noMetric },
}

interface LogEntry {
  readonly level: string
  readonly fields: object
  readonly message: string
}

/** An Admin API over a store in memory, at 2023-11-14T22:13:20Z. */
export function createTestAdmin(options: Partial<AdminApiOptions> = {}) {
  const clock = new ManualClock()
  const store: ConfigStore = options.store ?? openMemoryStore({ clock })
  const entries: LogEntry[] = []
  const app = createAdminApi({
    store,
    registry: testRegistry,
    cipher: createFieldCipher([{ id: 'test', key: Buffer.alloc(32, 7) }]),
    keys: fixedKeys(testKeys),
    allowAdmin: ['127.0.0.0/24'],
    now: clock.now,
    log: recordLog(entries),
    ...options,
  })
  return { app, store, clock, entries }
}

function recordLog(entries: LogEntry[]): Log {
  const record = (level: string) => (fields: object, message: string) => {
    entries.push({ level, fields, message })
  }
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') }
}

/** Texts for goldens, as they stand in JSON: a certificate with its key, the key of another one, and what is no PEM. */
export function goldenFixtures(): Readonly<Record<string, string>> {
  const { cert, key } = createSelfSigned('client')
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
  return {
    cert: inJson(cert),
    certKey: inJson(key),
    key: inJson(createSelfSigned('another').key),
    long: 'x'.repeat(200),
    descriptorSet,
  }
}

// What protoc makes of `syntax = "proto3"; package a; message M { string s = 1; }`.
const descriptorSet = 'CicKB2EucHJvdG8SAWEiEQoBTRIMCgFzGAEgASgJUgFzYgZwcm90bzM='
