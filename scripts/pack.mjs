// `npm run pack -- [folder]`: builds the packages that are published, and packs each into a tarball, as a registry would give it.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runChild } from './lib/child.mjs'
import { main, PNPM, root, setUp } from './lib/setup.mjs'

await main(async ([folder = 'tarballs']) => {
  const { env } = setUp()
  const target = resolve(folder)
  mkdirSync(target, { recursive: true })
  const built = await runChild('tsc', ['-b'], { cwd: root, env })
  if (built !== 0) return built
  const filters = published().flatMap((name) => ['--filter', name])
  const pack = ['-y', PNPM, '-r', ...filters, 'pack', '--pack-destination', target]
  return runChild('npx', pack, { cwd: root, env })
})

function published() {
  const packages = join(root, 'packages')
  return readdirSync(packages)
    .map((name) => JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')))
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name)
}
