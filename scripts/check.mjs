// `npm run check`: everything that can be said about the sources without running them. `npm run check -- --write` lets the
// checks of scripts/checks that can do so write what they would miss.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runChild, stopCode } from './lib/child.mjs'
import { main, root, setUp } from './lib/setup.mjs'

/** @returns {{ name: string, command: string, args: string[] }[]} */
function checks(node, extra) {
  const own = readdirSync(join(root, 'scripts/checks')).filter((file) => file.endsWith('.ts'))
  return [
    { name: 'lint and format', command: 'biome', args: ['ci', '--colors=off', '.'] },
    { name: 'build', command: 'tsc', args: ['-b'] },
    { name: 'types of sources and tests', command: 'tsc', args: ['-p', 'tsconfig.check.json'] },
    { name: 'types of scripts', command: 'tsc', args: ['-p', 'scripts'] },
    { name: 'unused code', command: 'knip', args: ['--no-progress'] },
    ...own
      .sort()
      .map((file) => ({ name: file.slice(0, -3), command: node, args: [`scripts/checks/${file}`, ...extra] })),
  ]
}

/**
 * Runs every check, one line each; what a check wrote is shown where it failed.
 *
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks({ node, env }, extra = []) {
  const failed = []
  for (const { name, command, args } of checks(node, extra)) {
    if (stopCode()) break
    const started = performance.now()
    let written = ''
    const output = (text) => {
      written += text
    }
    const code = await runChild(command, args, { cwd: root, env, output })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${code === 0 ? 'ok    ' : 'failed'} ${name} (${seconds} s)`)
    if (code === 0) continue
    failed.push(name)
    console.log(written.trimEnd())
  }
  return failed
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async (args) => {
    const failed = await runChecks(setUp(), args)
    return stopCode() ?? (failed.length > 0 ? 1 : 0)
  })
}
