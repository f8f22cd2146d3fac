import type { AdminKey, AuditLog } from '@sluice/admin-api'
import {
  type ConfigSnapshot,
  type ConfigStore,
  createFaultOf,
  createFieldCipher,
  createSoundStore,
  createValidator,
  type FieldCipher,
  type SecretStore,
  type SoundStore,
} from '@sluice/core'
import type { WatchedConfiguration } from '../configuration-state.ts'
import { openAdminKeyFile } from '../data-dir/admin-key-file.ts'
import { createAuditFile } from '../data-dir/audit-file.ts'
import { type DataDir, openDataDir } from '../data-dir/data-dir.ts'
import { type EncryptionKey, openEncryptionKeys } from '../data-dir/encryption-key-file.ts'
import { type LastGoodObjects, openLastGoodObjects } from '../data-dir/last-good-objects.ts'
import { followSecrets } from './follow-secrets.ts'
import type { Closer, GatewayOptions } from './gateway-options.ts'
import { openFileConfiguration } from './open-file-configuration.ts'
import { openStore } from './open-store.ts'

/** What a gateway is configured with, and where that is kept. */
export interface Configuration {
  readonly store: ConfigStore
  /** How what others write to is, where others do. */
  readonly watched: WatchedConfiguration | undefined
  /** Follows references to secrets, where clients are served. */
  readonly secrets?: SecretStore
  readonly snapshot: ConfigSnapshot
  readonly keys: readonly EncryptionKey[]
  readonly cipher: FieldCipher
  readonly adminKeys: readonly AdminKey[]
  readonly auditLog: AuditLog
}

/**
 * Opens the data folder, the store that the configuration file names, and the keys.
 *
 * @throws DATA_DIR_UNUSABLE, KEY_FILE_INVALID, ENCRYPTION_KEY_MISSING, ENCRYPTION_KEY_REQUIRED, and what the store throws
 */
export async function openConfiguration(options: GatewayOptions, closers: Closer[]): Promise<Configuration> {
  const { settings, log } = options
  const dataDir = await openDataDir(settings.dataDir, log)
  const opened = await openStoreAndKeys(options, dataDir, closers)
  const secrets = settings.serves.clients ? followSecrets(opened, options) : undefined
  if (secrets !== undefined) closers.push(() => secrets.close())
  return {
    ...opened,
    ...(secrets && { store: secrets, secrets, snapshot: await secrets.snapshot() }),
    adminKeys: settings.serves.admin ? await openAdminKeys(options, dataDir) : [],
    auditLog: createAuditFile(dataDir.auditFile),
  }
}

type StoreAndKeys = Omit<Configuration, 'adminKeys' | 'auditLog' | 'secrets'>

async function openStoreAndKeys(options: GatewayOptions, dataDir: DataDir, closers: Closer[]): Promise<StoreAndKeys> {
  const { settings, environment, log } = options
  const keysFor = (snapshot: ConfigSnapshot, isShared: boolean) =>
    openEncryptionKeys({ file: dataDir.encryptionKeyFile, environment, snapshot, log, isShared })
  if (settings.store.kind === 'file') {
    // What the file holds is encrypted as it is read; what does not decrypt is told then.
    const keys = await keysFor({ revision: 0, entries: [] }, false)
    const cipher = createFieldCipher(keys, settings.keyring)
    const store = await openFileConfiguration(settings.store.path, options, cipher, dataDir)
    closers.push(() => store.close())
    const watched = { broken: () => [], status: () => store.status?.() ?? { unreadable: [] } }
    return { store, watched, snapshot: await store.snapshot(), keys, cipher }
  }
  const stored = await openStore(settings.store, dataDir, log)
  closers.push(() => stored.close())
  const all = await stored.snapshot()
  // After the store, which lets one process at a time into the folder.
  const isShared = settings.store.kind === 'etcd'
  const keys = await keysFor(all, isShared)
  const cipher = createFieldCipher(keys, settings.keyring)
  const lastGood = isShared ? await openLastGoodObjects(dataDir.lastGoodObjectsFile, log) : undefined
  if (lastGood !== undefined) closers.push(() => lastGood.flush())
  const sound = lastGood && soundStore(stored, cipher, options, lastGood)
  return { store: sound ?? stored, watched: sound, snapshot: (await sound?.snapshot()) ?? all, keys, cipher }
}

/** Only the Admin API writes to the embedded store, and checks what it writes. */
function soundStore(
  store: ConfigStore,
  { decrypt }: FieldCipher,
  { log, registry }: GatewayOptions,
  { recalled, keep }: LastGoodObjects,
): SoundStore {
  return createSoundStore(store, {
    recalled,
    keep,
    faultOf: createFaultOf(registry, createValidator(registry), decrypt),
    onBroken: ({ key, fault, isServed }) =>
      log.error(
        { key, fault },
        isServed
          ? 'a stored resource is broken; its last good version is served, write it again'
          : 'a stored resource is broken, and cannot be served; write it again',
      ),
  })
}

/** The configured keys, or the one of the data folder. */
async function openAdminKeys(
  { settings, log, showNewKey }: GatewayOptions,
  dataDir: DataDir,
): Promise<readonly AdminKey[]> {
  if (settings.admin.keys.length > 0) return settings.admin.keys
  const { key, isNew } = await openAdminKeyFile(dataDir.adminKeyFile, log)
  if (isNew) showNewKey(key, dataDir.adminKeyFile)
  return [{ name: 'admin', key, role: 'admin' }]
}
