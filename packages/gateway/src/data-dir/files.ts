import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Reads a file as text; `undefined` where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a file that only this user may read (mode 0600), whole or not at all, and durable: the file and its folder are
 * synced before this resolves.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`
  await withFile(await open(temporary, 'w', 0o600), async (handle) => {
    // A file that was left behind keeps its old mode.
    await handle.chmod(0o600)
    await handle.writeFile(text)
    await handle.sync()
  })
  await rename(temporary, file)
  await withFile(await open(dirname(file), 'r'), (handle) => handle.sync())
}

/** Whether other users of the machine may read or write a file or folder. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0
}

/** The `code` of a system error, such as `ENOENT`; an empty text for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

async function withFile(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}
