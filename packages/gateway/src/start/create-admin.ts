import { hkdfSync } from 'node:crypto'
import { createAdminApi, fixedKeys, followKeys, type OpenSecrets } from '@sluice/admin-api'
import { openReferences } from '@sluice/core'
import { createDialFor } from '@sluice/server'
import type { Metrics } from '@sluice/spi'
import type { FastifyInstance } from 'fastify'
import type { EncryptionKey } from '../data-dir/encryption-key-file.ts'
import { createSecretReader } from '../secrets/read-secret.ts'
import { followFiles, openAdminTls } from './admin-tls.ts'
import type { Closer, GatewayOptions } from './gateway-options.ts'
import type { Configuration } from './open-configuration.ts'
import type { PlaneHost } from './plane-host.ts'
import { tellBehind } from './tell-behind.ts'

/** Makes the Admin API, which does not listen yet. @throws ADMIN_TLS_UNUSABLE, and what the store throws */
export async function createAdmin(
  { settings, registry, environment, log }: GatewayOptions,
  configuration: Configuration,
  host: PlaneHost,
  metrics: Metrics,
  closers: Closer[],
): Promise<FastifyInstance> {
  const { corsOrigins: origins, allowedHosts, tls: files } = settings.admin
  const followed = files && (await openAdminTls(files, log))
  if (followed !== undefined) closers.push(followFiles(followed))
  const { adminKeys } = configuration
  // What is no resource is not in the file, and would be gone at the next start.
  const followedKeys = settings.store.kind === 'file' ? undefined : await followKeys(host.store, adminKeys, log)
  if (followedKeys !== undefined) closers.push(followedKeys.close)
  const admin = createAdminApi({
    store: host.store,
    registry,
    cipher: configuration.cipher,
    keys: followedKeys?.table ?? fixedKeys(adminKeys),
    audit: { log: configuration.auditLog, hashKey: auditHashKey(configuration.keys) },
    allowAdmin: settings.admin.allow,
    maskSecrets: settings.admin.maskSecrets,
    isStandalone: settings.store.kind === 'file' || settings.store.kind === 'memory',
    requireVerify: settings.egress.requireVerify,
    openSecrets: secretOpener(configuration, environment),
    reach: { dialFor: createDialFor({ metrics, log, allow: settings.egress.allow }), metrics },
    ...(origins.length > 0 && { cors: { origins } }),
    ...(allowedHosts !== undefined && { allowedHosts }),
    ...(followed !== undefined && { tls: followed.tls }),
    log,
  })
  tellBehind(admin, () => host.behind())
  return admin
}

/** What was read for clients counts, as for them; the rest is read now. */
function secretOpener({ secrets, cipher }: Configuration, environment: GatewayOptions['environment']): OpenSecrets {
  const read = createSecretReader(cipher, environment)
  return (store, entry) => openReferences(store, secrets?.known(entry) ?? entry, { read, seal: cipher.encrypt })
}

/** Made from the key that encrypts, which all gateways of a store have, and of no use for reading what it encrypted. */
function auditHashKey([first]: readonly EncryptionKey[]): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', first?.key ?? '', '', 'sluice audit log', 32))
}
