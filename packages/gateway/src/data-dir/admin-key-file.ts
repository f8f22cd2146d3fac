import { randomBytes } from 'node:crypto'
import type { Log } from '@sluice/spi'
import { KeyFileInvalid } from '../errors.ts'
import { warnIfOpen } from './data-dir.ts'
import { readIfThere, writePrivateFile } from './files.ts'

/** The key of the Admin API that the gateway made for itself. */
export interface FileAdminKey {
  readonly key: string
  /** Whether it was made just now and is to be shown. */
  readonly isNew: boolean
}

/**
 * Reads the key of the Admin API from its file; makes a random one of 256 bits, mode 0600, where there is no file.
 *
 * @throws KEY_FILE_INVALID where the file is empty
 */
export async function openAdminKeyFile(file: string, log: Log): Promise<FileAdminKey> {
  const text = await readIfThere(file)
  if (text === undefined) {
    const key = randomBytes(32).toString('hex')
    await writePrivateFile(file, `${key}\n`)
    return { key, isNew: true }
  }
  const key = text.trim()
  if (key === '') throw new KeyFileInvalid(file, 'the key of the Admin API')
  await warnIfOpen(file, 'chmod 600', log)
  return { key, isNew: false }
}
