import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateFailed } from './errors.ts'
import type { Kind } from './kind.ts'
import type { Names } from './names.ts'

const templates = fileURLToPath(new URL('../templates/', import.meta.url))
// So that neither npm nor a compiler takes a template for what it stands for.
const ending = '.template'

/**
 * Writes the files of a template into a folder that is empty or not there.
 *
 * @returns their paths in it
 * @throws CREATE_FAILED where something is in it
 */
export async function createFolder(kind: Kind, names: Names, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const there = await readdir(folder)
  if (there.length > 0) throw new CreateFailed(`${folder} is not empty; nothing was written. Name another folder`)
  const root = join(templates, kind)
  const paths = (await readdir(root, { recursive: true })).filter((path) => path.endsWith(ending)).sort()
  const written: string[] = []
  for (const path of paths) {
    const target = fill(path.slice(0, -ending.length), names)
    await mkdir(dirname(join(folder, target)), { recursive: true })
    await writeFile(join(folder, target), fill(await readFile(join(root, path), 'utf8'), names))
    written.push(target)
  }
  return written
}

function fill(text: string, names: Names): string {
  const values = new Map(Object.entries(names))
  return text.replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => values.get(name) ?? all)
}
