import { X509Certificate } from 'node:crypto'
import { type ConfigEntry, type ConfigStore, stringOf } from '@sluice/core'
import type { Log, Metrics } from '@sluice/spi'

const prefix = '/ssls/'
const soonMs = 14 * 24 * 60 * 60 * 1000

/** What {@link followExpiry} is made with. */
export interface ExpiryOptions {
  readonly store: ConfigStore
  /** Decrypts what a reference to a secret was put as; gives other text back as it is. */
  readonly decrypt: (text: string) => string
  readonly metrics: Metrics
  readonly log: Pick<Log, 'warn'>
  /** Milliseconds since 1970; the clock by default. */
  readonly now?: () => number
}

/**
 * Tells when the first of the certificates that are shown to clients expires, as a metric; and in the log which ones do so
 * within two weeks, when they are read. Returns what ends it.
 */
export async function followExpiry({
  store,
  decrypt,
  metrics,
  log,
  now = Date.now,
}: ExpiryOptions): Promise<() => void> {
  const expiries = new Map<string, number>()
  const take = (key: string, entry: ConfigEntry | undefined): void => {
    if (!key.startsWith(prefix)) return
    const expiry = entry && expiryOf(entry, decrypt)
    if (expiry === undefined) {
      expiries.delete(key)
      return
    }
    expiries.set(key, expiry)
    if (expiry < now() + soonMs)
      log.warn({ key, expires: new Date(expiry).toISOString() }, 'a certificate expires soon')
  }
  const { revision, entries } = await store.snapshot()
  for (const entry of entries) take(entry.key, entry)
  metrics.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the first certificate that is shown to clients expires, in seconds since 1970; 0 without any',
    {},
    () => (expiries.size === 0 ? 0 : Math.min(...expiries.values()) / 1000),
  )
  return store.watch(revision, ({ changes }) => {
    for (const { key, entry } of changes) take(key, entry)
  })
}

/** When an ssl expires, in milliseconds since 1970; undefined for one that clients are not shown, or that cannot be read. */
function expiryOf({ value }: ConfigEntry, decrypt: (text: string) => string): number | undefined {
  if (value.type === 'client' || value.status === 0) return undefined
  const further = Array.isArray(value.certs) ? value.certs : []
  const times = [value.cert, ...further].flatMap((cert) => {
    try {
      return [new X509Certificate(decrypt(stringOf(cert) ?? '')).validToDate.getTime()]
    } catch {
      // A reference that was not read yet, or what is no certificate: told where it would be shown.
      return []
    }
  })
  return times.length === 0 ? undefined : Math.min(...times)
}
