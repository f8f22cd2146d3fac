import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

// Pinned here, not in package.json: a `packageManager` field makes every other pnpm try to switch to it.
export const PNPM = 'pnpm@12.21.0'
const OLDEST_NODE = [24, 11]
const BIN = join(root, 'node_modules/.bin')
const STAMP = join(root, 'node_modules/.sluice-installed')

/**
 * Makes the checkout ready to run: installs the packages if a manifest has changed since the last time, and finds the
 * Node.js that runs the sources.
 *
 * @param {{ say?: (line: string) => void }} [options] told about an installation; stderr by default
 * @returns {{ node: string, env: NodeJS.ProcessEnv }} the Node.js 24, and the environment for children: `node_modules/.bin`
 *   first on the PATH, compiled sources cached
 */
export function setUp({ say = (line) => console.error(line) } = {}) {
  install(say)
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` }
  env.NODE_COMPILE_CACHE ??= join(process.env.SLUICE_CACHE_DIR || join(root, '.sluice'), 'compile-cache')
  return { node: findNode(), env }
}

function install(say) {
  const wanted = fingerprint()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  say('sluice: installing packages (once, and after each change of a manifest) ...')
  const started = performance.now()
  const { status, error, stdout, stderr } = spawnSync('npx', ['-y', PNPM, 'install', '--frozen-lockfile'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error || status !== 0) {
    say(`${stdout ?? ''}${stderr ?? ''}`.trim())
    throw new SetUpFailed(
      `the packages could not be installed: ${error?.message ?? `${PNPM} ended with code ${status}`}`,
    )
  }
  writeFileSync(STAMP, wanted)
  say(`sluice: packages installed in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/** Of everything that decides what is installed: the lock file names the folder of every manifest. */
function fingerprint() {
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const importers = /^importers:\n([\s\S]*?)^\S/m.exec(lock)?.[1] ?? ''
  const folders = [...importers.matchAll(/^ {2}(\S+):$/gm)].map(([, folder = '.']) => folder)
  const files = ['pnpm-workspace.yaml', ...folders.map((folder) => join(folder, 'package.json'))]
  const hash = createHash('sha256').update(`${PNPM} ${process.platform} ${process.arch}\0${lock}`)
  for (const file of files)
    hash.update(`\0${file}\0`).update(existsSync(join(root, file)) ? readFileSync(join(root, file)) : '')
  return hash.digest('hex')
}

function findNode() {
  const installed = join(BIN, 'node')
  if (existsSync(installed)) return installed
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath
  throw new SetUpFailed(
    `Sluice runs on Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}, and there is no package ` +
      `with a newer one for ${process.platform} ${process.arch}: install it and try again`,
  )
}

/** Something the user has to change before anything can run; its message is all they need to see. */
export class SetUpFailed extends Error {
  name = 'SetUpFailed'
}

/** Runs a script's main function and ends the process with the code it resolves to. */
export async function main(run) {
  try {
    process.exitCode = await run(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof SetUpFailed ? `sluice: ${error.message}` : error)
    process.exitCode = 1
  }
}
