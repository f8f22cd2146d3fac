import { open, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Replaces a file, whole or not at all, and durably; where it is a link, what that leads to. Its mode stays. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file)
  const { mode } = await stat(target)
  const temporary = join(dirname(target), `.${basename(target)}.new`)
  const handle = await open(temporary, 'w', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, target)
  const folder = await open(dirname(target), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
