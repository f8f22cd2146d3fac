import { readFile } from 'node:fs/promises'
import { errorCode } from './data-dir/files.ts'
import { ConfigUnreadable } from './errors.ts'

/** Reads a file that the user named. @throws CONFIG_UNREADABLE */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigUnreadable(file, errorCode(cause) || String(cause), { cause })
  }
}
