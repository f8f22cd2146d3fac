import { writeFile } from 'node:fs/promises'
import { configTemplate } from '../config/template.ts'
import { errorCode } from '../data-dir/files.ts'
import { ConfigExists, ConfigUnwritable } from '../errors.ts'

/**
 * `sluice init`: writes the commented configuration, mode 0600, for keys may be written into it.
 *
 * @throws CONFIG_EXISTS, CONFIG_UNWRITABLE
 */
export async function initCommand(file: string, force: boolean): Promise<number> {
  try {
    await writeFile(file, configTemplate(), { flag: force ? 'w' : 'wx', mode: 0o600 })
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') throw new ConfigExists(file)
    throw new ConfigUnwritable(file, errorCode(cause) || String(cause), { cause })
  }
  process.stdout.write(`Wrote ${file}. Every key in it has its default.\nNext: sluice start --config ${file}\n`)
  return 0
}
