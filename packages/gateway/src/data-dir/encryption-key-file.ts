import { randomBytes } from 'node:crypto'
import type { ConfigSnapshot } from '@sluice/core'
import type { Log } from '@sluice/spi'
import type { Environment } from '../config/environment.ts'
import { EncryptionKeyInvalid, EncryptionKeyMissing, EncryptionKeyRequired, KeyFileInvalid } from '../errors.ts'
import { warnIfOpen } from './data-dir.ts'
import { readIfThere, writePrivateFile } from './files.ts'

/** A key that secret fields are encrypted with at rest. */
export interface EncryptionKey {
  readonly id: string
  /** 32 bytes. */
  readonly key: Buffer
}

/** Takes the place of the file, for those who keep keys elsewhere; several keys are separated by commas. */
const encryptionKeyVariable = 'SLUICE_ENCRYPTION_KEY'

/** What {@link openEncryptionKeys} looks at. */
export interface EncryptionKeySource {
  readonly file: string
  readonly environment: Environment
  /** What the store holds: a new key is not made where something is encrypted with a lost one. */
  readonly snapshot: ConfigSnapshot
  readonly log: Log
  /** Whether other gateways read what this one encrypts, so that a key is not made either; false by default. */
  readonly isShared?: boolean
}

/**
 * The keys for secret fields, the one that encrypts first: from the environment, else from their file, one
 * `<id>:<32 bytes in base64>` a line, which is made with one random key, mode 0600, where it is not there.
 *
 * @throws ENCRYPTION_KEY_INVALID, KEY_FILE_INVALID, ENCRYPTION_KEY_MISSING, ENCRYPTION_KEY_REQUIRED
 */
export async function openEncryptionKeys(source: EncryptionKeySource): Promise<readonly EncryptionKey[]> {
  const fromEnvironment = source.environment[encryptionKeyVariable]
  if (fromEnvironment !== undefined) {
    const keys = parseKeys(fromEnvironment.split(','))
    if (keys === undefined) throw new EncryptionKeyInvalid(encryptionKeyVariable)
    return keys
  }
  const text = await readIfThere(source.file)
  if (text === undefined) return [await makeKey(source)]
  const keys = parseKeys(text.split('\n'))
  if (keys === undefined) throw new KeyFileInvalid(source.file, 'keys of the form <id>:<32 bytes in base64>')
  await warnIfOpen(source.file, 'chmod 600', source.log)
  return keys
}

async function makeKey({ file, snapshot, isShared = false }: EncryptionKeySource): Promise<EncryptionKey> {
  if (isShared) throw new EncryptionKeyRequired(encryptionKeyVariable, file)
  if (snapshot.entries.some(({ value }) => JSON.stringify(value).includes('"sluice:v1:'))) {
    throw new EncryptionKeyMissing(file, encryptionKeyVariable)
  }
  const key = { id: randomBytes(4).toString('hex'), key: randomBytes(32) }
  await writePrivateFile(file, `${key.id}:${key.key.toString('base64')}\n`)
  return key
}

function parseKeys(lines: readonly string[]): EncryptionKey[] | undefined {
  const keys: EncryptionKey[] = []
  for (const line of lines.map((text) => text.trim()).filter((text) => text !== '')) {
    const match = /^([\w-]{1,32}):([A-Za-z0-9+/]{43}=?)$/.exec(line)
    if (match === null) return undefined
    keys.push({ id: match[1] ?? '', key: Buffer.from(match[2] ?? '', 'base64') })
  }
  return keys.length > 0 ? keys : undefined
}
