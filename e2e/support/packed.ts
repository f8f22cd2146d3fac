import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repositoryRoot } from '@sluice/harness'

const run = promisify(execFile)

/** A folder outside the workspace in which the packages of Sluice are installed as from a registry. */
export interface Installed {
  readonly folder: string
  /** Runs a command with the programs of the packages in its path. */
  run(command: string, args: readonly string[], cwd?: string): Promise<{ readonly stdout: string }>
  /** Runs the tests of a package there; rejects where one fails, or where there is none. */
  test(folder: string): Promise<void>
  /** Builds a package of `e2e/third-party`, runs its own tests, packs it, and installs that. */
  addThirdParty(name: string): Promise<void>
}

/** Builds and packs all packages that are published, and installs them by npm into an empty folder. */
export async function installPacked(folder: string): Promise<Installed> {
  const tarballs = join(folder, 'tarballs')
  const app = join(folder, 'app')
  await mkdir(app)
  const bin = join(repositoryRoot, 'node_modules/.bin')
  await run(process.execPath, ['scripts/pack.mjs', tarballs], { cwd: repositoryRoot })
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  // Without the mark of this runner, by which one below it takes itself for a part of it and runs nothing.
  const { NODE_TEST_CONTEXT: _, ...own } = process.env
  const env = { ...own, PATH: `${join(app, 'node_modules/.bin')}:${bin}:${process.env.PATH}` }
  const inApp = (command: string, args: readonly string[], cwd = app) =>
    run(command, args, { cwd, env, maxBuffer: 1 << 24 })
  const install = (files: readonly string[]) =>
    inApp('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error', ...files])
  const files = (await readdir(tarballs)).map((name) => join(tarballs, name))
  const manifest: unknown = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8'))
  const types: unknown = Reflect.get(Object(Reflect.get(Object(manifest), 'devDependencies')), '@types/node')
  await install([...files, `@types/node@${types}`])
  const test = async (source: string): Promise<void> => {
    const { stdout } = await inApp('npm', ['test'], source)
    // A pattern that finds no file is no failure to the runner.
    if (!/\bpass [1-9]/.test(stdout)) throw new Error(`no test was run in ${source}:\n${stdout}`)
  }
  return {
    folder: app,
    run: inApp,
    test,
    async addThirdParty(name) {
      const source = join(app, 'third-party', name)
      const origin = join(repositoryRoot, 'e2e/third-party')
      await cp(join(origin, name), source, { recursive: true })
      await cp(join(origin, 'tsconfig.base.json'), join(app, 'third-party/tsconfig.base.json'))
      await inApp('npm', ['run', 'build'], source)
      const { stdout } = await inApp('npm', ['pack', '--silent', '--pack-destination', tarballs], source)
      await install([join(tarballs, stdout.trim())])
      await test(source)
    },
  }
}
