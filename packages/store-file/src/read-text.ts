import { readFile } from 'node:fs/promises'

/** Reads a configuration file. @throws Error that says why it cannot be read */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const why =
      code === 'ENOENT' ? 'it is not there; one with the line #END alone is an empty one' : `it cannot be read: ${code}`
    throw new Error(why, { cause })
  }
}
