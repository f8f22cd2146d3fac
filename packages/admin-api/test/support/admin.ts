import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ConfigStore, createFieldCipher } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { ManualClock } from '../../../core/test/support/manual-clock.ts'
import { openMemoryStore } from '../../../core/test/support/memory-store.ts'
import { testRegistry } from '../../../core/test/support/test-registry.ts'
import { type AdminApiOptions, createAdminApi } from '../../src/index.ts'

/** Keys of the tests, by the name that goldens use. */
export const keys = { admin: 'the-key-of-the-admin', viewer: 'the-key-of-the-viewer' } as const

interface LogEntry {
  readonly level: string
  readonly fields: object
  readonly message: string
}

/** An Admin API over a store in memory, at 2023-11-14T22:13:20Z. */
export function createTestAdmin(options: Partial<AdminApiOptions> = {}) {
  const clock = new ManualClock()
  const store: ConfigStore = openMemoryStore(clock)
  const entries: LogEntry[] = []
  const app = createAdminApi({
    store,
    registry: testRegistry,
    cipher: createFieldCipher([{ id: 'test', key: Buffer.alloc(32, 7) }]),
    keys: [
      { key: keys.admin, role: 'admin' },
      { key: keys.viewer, role: 'viewer' },
    ],
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

/** PEM texts for goldens, as they stand in JSON. */
export function pemFixtures(): Readonly<Record<string, string>> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const certificate = readFileSync(new URL('client.crt.pem', import.meta.url), 'utf8')
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
  return { cert: inJson(certificate), key: inJson(key) }
}
