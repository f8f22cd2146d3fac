import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AddedPackage } from './load-modules.ts'

/**
 * The package of the configuration whose code an error comes from, by its stack; undefined where it comes from none.
 *
 * @param error what nothing caught, such as a rejection in a timer of the package
 */
export function faultOwner(error: unknown, added: readonly AddedPackage[]): AddedPackage | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const files = stack.split('\n').flatMap((line) => fileOf(line) ?? [])
  return added.find(({ root }) => files.some((file) => isIn(root, file)))
}

/** The file of a line of a stack. */
function fileOf(line: string): string | undefined {
  const place = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\).+?):\d+:\d+\)?$/.exec(line)?.[1]
  return place?.startsWith('file:') ? fileURLToPath(place) : place
}

/** What is installed below a package is not its own, the gateway perhaps. */
function isIn(root: string, file: string): boolean {
  const folder = root.endsWith(sep) ? root : root + sep
  return file.startsWith(folder) && !file.slice(folder.length).split(sep).includes('node_modules')
}
