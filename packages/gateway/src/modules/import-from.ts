import { readFileSync, statSync } from 'node:fs'
import { createRequire, findPackageJSON, registerHooks } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A module that was imported, and the folder of the package that it is in. */
export interface ImportedModule {
  readonly module: unknown
  readonly root: string
}

/** Imports a module as a file in `folder` would. */
export type ImportFrom = (specifier: string, folder: string) => Promise<ImportedModule>

let imports = 0

/**
 * Imports a package as a file in `folder` would: by its name from the `node_modules` there and above, else from where the gateway
 * is installed; or by a path to a folder with a `package.json`, or to a file. TypeScript is taken outside `node_modules`.
 */
export const importFrom: ImportFrom = async (specifier, folder) => {
  // Node resolves for the file that imports, and only a hook may say that it is another one.
  const marked = `sluice-module-${++imports}:`
  let found = ''
  const hooks = registerHooks({
    resolve(asked, context, next) {
      if (asked !== marked) return next(asked, context)
      const resolved = resolveIn(folder, specifier, (name, parentURL) => next(name, { ...context, parentURL }))
      found = resolved.url
      return resolved
    },
  })
  try {
    return { module: await import(marked), root: rootOf(found) }
  } finally {
    hooks.deregister()
  }
}

function resolveIn<T>(folder: string, specifier: string, next: (name: string, parentURL: string) => T): T {
  const parentURL = urlIn(folder)
  if (/^\.{0,2}\//.test(specifier)) return resolvePath(resolve(folder, specifier), parentURL, next)
  try {
    return next(specifier, parentURL)
  } catch (error) {
    if (!isNotFound(error)) throw error
    try {
      return next(specifier, import.meta.url)
    } catch {
      throw error
    }
  }
}

/** A folder stands for the package in it, whose `exports` count as they would for those who have it installed. */
function resolvePath<T>(path: string, parentURL: string, next: (name: string, parentURL: string) => T): T {
  if (!statSync(path).isDirectory()) return next(pathToFileURL(path).href, parentURL)
  const manifest: unknown = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const { exports, name } = Object.fromEntries(
    typeof manifest === 'object' && manifest !== null ? Object.entries(manifest) : [],
  )
  if (exports !== undefined && typeof name === 'string') return next(name, urlIn(path))
  return next(pathToFileURL(createRequire(urlIn(path)).resolve(path)).href, parentURL)
}

/** Of a file in a folder, whatever its name. */
const urlIn = (folder: string): string => pathToFileURL(join(folder, 'package.json')).href

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

function rootOf(url: string): string {
  return dirname(findPackageJSON(url) ?? fileURLToPath(url))
}
