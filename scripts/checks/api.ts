/** Whether the API of the packages for authors is the one that is checked in, and documented; `--write` checks the new one in. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReport } from '../api/report.ts'
import { root } from '../docs/markdown.ts'

const write = process.argv.includes('--write')

for (const name of ['spi', 'pubsub', 'testkit']) {
  const dist = join(root, 'packages', name, 'dist')
  const { text, undocumented, untagged } = apiReport(`@sluice/${name}`, (path) =>
    readFileSync(join(dist, path), 'utf8'),
  )
  const file = `docs/api/${name}.md`
  const path = join(root, file)
  for (const symbol of undocumented) fail(`@sluice/${name}: ${symbol} has no docstring`)
  for (const symbol of untagged) fail(`@sluice/${name}: ${symbol} does not say how stable it is: @public or @beta`)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (write) {
    writeFileSync(path, text)
    console.log(`wrote ${file}`)
  } else {
    fail(`${file} is not the API that is built: look at what changed for authors, then npm run check -- --write`)
  }
}

function fail(problem: string): void {
  console.error(problem)
  process.exitCode = 1
}
