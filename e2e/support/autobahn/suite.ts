import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory, repositoryRoot } from '@sluice/harness'

const run = promisify(execFile)

/** The program `wstest` of Autobahn's test suite, or why there is none. */
export type Suite = { readonly python: string; readonly packages: string } | { readonly skip: string }

/** What became of one case. */
export interface CaseResult {
  readonly behavior: string
  readonly behaviorClose: string
  /** The code of the server's close frame. */
  readonly remoteCloseCode: number | null
}

/**
 * Finds Autobahn's suite in the cache folder. In `npm run test:full` it is installed there first where Python 2.7 is at hand.
 *
 * @throws {Error} when it cannot be installed, in `npm run test:full` with `REQUIRE_ALL=1`
 */
export async function findSuite(env: NodeJS.ProcessEnv = process.env): Promise<Suite> {
  const isFull = env.SLUICE_FULL === '1'
  const installed = await run(join(repositoryRoot, '.ci/run'), [isFull ? '--install-autobahn' : '--find-autobahn'], {
    // pip runs other Pythons than the one that the environment may be set up for.
    env: { ...env, PYTHONPATH: '' },
  }).catch((error: unknown) => ({ error }))
  if ('error' in installed) {
    const reason = "Autobahn's test suite is not installed (.ci/run --install-autobahn; it needs Python 2.7)"
    if (isFull && env.REQUIRE_ALL === '1') throw new Error(reason, { cause: installed.error })
    return { skip: reason }
  }
  const python = installed.stdout.trim().split('\n').at(-1) ?? ''
  return { python, packages: join(cacheDirectory(env), 'autobahn') }
}

// The packages are in a folder of their own, and some of them need what `site` does for one.
const launch =
  'import os, site, sys; site.addsitedir(os.environ["AUTOBAHN"]); sys.argv = ["wstest", "-m", "fuzzingclient", "-s", "spec.json"]; ' +
  'from autobahntestsuite.wstest import run; run()'

/** Runs cases against a server and gives their results by number. */
export async function runCases(
  suite: Suite,
  url: string,
  cases: readonly string[],
): Promise<ReadonlyMap<string, CaseResult>> {
  if ('skip' in suite) throw new Error(suite.skip)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-autobahn-'))
  try {
    const spec = { outdir: 'reports', servers: [{ agent: 'sluice', url }], cases, 'exclude-cases': [] }
    await writeFile(join(folder, 'spec.json'), JSON.stringify({ ...spec, 'exclude-agent-cases': {} }))
    const env = { ...process.env, AUTOBAHN: suite.packages, PYTHONPATH: '' }
    await run(suite.python, ['-c', launch], { cwd: folder, env, timeout: 600_000, maxBuffer: 64 * 2 ** 20 })
    const index: { readonly sluice: Record<string, CaseResult> } = JSON.parse(
      await readFile(join(folder, 'reports/index.json'), 'utf8'),
    )
    return new Map(Object.entries(index.sluice))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
