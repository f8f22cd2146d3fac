import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@sluice/spi'
import { DataDirUnusable } from '../errors.ts'
import { errorCode, isOpenToOthers } from './files.ts'

/** Where things are in the data folder. */
export interface DataDir {
  readonly path: string
  readonly storeFile: string
  /** The audit log of the Admin API. */
  readonly auditFile: string
  readonly adminKeyFile: string
  readonly encryptionKeyFile: string
  /** The last configuration that came from etcd. */
  readonly snapshotFile: string
  /** Last good versions of what is broken in etcd. */
  readonly lastGoodObjectsFile: string
  /** The last good version of the configuration file. */
  readonly lastGoodFile: string
}

/**
 * Makes the data folder, mode 0700, where it is not there yet; warns where others may read one that is.
 *
 * @throws DATA_DIR_UNUSABLE
 */
export async function openDataDir(path: string, log: Log): Promise<DataDir> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await warnIfOpen(path, 'chmod 700', log)
  } catch (cause) {
    throw new DataDirUnusable(path, errorCode(cause) || String(cause), { cause })
  }
  return {
    path,
    storeFile: join(path, 'config.sqlite'),
    auditFile: join(path, 'audit.jsonl'),
    adminKeyFile: join(path, 'admin.key'),
    encryptionKeyFile: join(path, 'encryption.key'),
    snapshotFile: join(path, 'etcd-snapshot.json'),
    lastGoodObjectsFile: join(path, 'last-good.json'),
    lastGoodFile: join(path, 'last-good.yaml'),
  }
}

/** Warns of a file or folder that other users of the machine may read, with the command that ends it. */
export async function warnIfOpen(path: string, command: string, log: Log): Promise<void> {
  if (await isOpenToOthers(path)) {
    log.warn({ path }, `other users may read ${path}, which holds secrets; run: ${command} ${path}`)
  }
}
