// `npm test [-- [--full] [files or patterns]]`: the checks, then every test in one run of the test runner against one Kafka
// that all test files share. `--full` runs the same tests with larger counts, and some once more with two workers.
import { runChecks } from './check.mjs'
import { runChild, startChild, stop, stopCode } from './lib/child.mjs'
import { main, root, setUp } from './lib/setup.mjs'

// All unit tests run in one process, which takes a tenth of the time that a process for each file takes.
const EVERYTHING = ['scripts/unit-tests.ts', 'e2e/*.test.ts']

// What clients and operators see must not depend on how many processes serve.
const WITH_WORKERS = ['admin-api', 'durability', 'pubsub-contract', 'shutdown', 'sockets'].map(
  (name) => `e2e/${name}.test.ts`,
)

await main(async (args) => {
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '--full')
  const patterns = args.filter((arg) => !arg.startsWith('-'))
  const selected = patterns.length > 0 ? patterns : EVERYTHING
  const setup = setUp({ say: console.log })
  const env = { ...setup.env, ...(args.includes('--full') && { SLUICE_FULL: '1' }) }

  const kafka = selected.some((pattern) => pattern.includes('e2e')) ? startSharedKafka(setup) : undefined
  const failedChecks = patterns.length > 0 ? [] : await runChecks(setup)
  if (kafka) env.SLUICE_TEST_KAFKA = await kafka.description
  const codes = [stopCode() ?? (await runTests(setup.node, env, options, selected))]
  if (args.includes('--full') && patterns.length === 0) {
    const twoWorkers = { ...env, SLUICE_FULL: '', SLUICE_TEST_WORKERS: '2' }
    codes.push(stopCode() ?? (await runTests(setup.node, twoWorkers, options, WITH_WORKERS)))
  }
  const code = codes.find((each) => each !== 0) ?? 0
  await kafka?.stop()
  if (failedChecks.length > 0) console.log(`checks that failed: ${failedChecks.join(', ')} (see above)`)
  return code !== 0 ? code : failedChecks.length > 0 ? 1 : 0
})

function runTests(node, env, options, patterns) {
  const args = ['--test', '--test-concurrency=2', '--test-reporter=spec', ...options, ...patterns]
  return runChild(node, args, { cwd: root, env })
}

/** Starts Kafka beside the checks; `description` resolves with the JSON for the tests, `stop` when it has ended. */
function startSharedKafka({ node, env }) {
  let written = ''
  let described
  const description = new Promise((resolve) => {
    described = resolve
  })
  const { child, exited } = startChild(node, ['packages/harness/src/shared-broker-main.ts'], {
    cwd: root,
    env,
    stdin: 'ignore',
    output: (text) => {
      written += text
      const line = written.split('\n').find((each) => each.startsWith('{') && each.endsWith('}'))
      if (line) described(line)
    },
  })
  void exited.then((code) => described(JSON.stringify({ error: `it ended with code ${code}: ${written.trim()}` })))
  return {
    description,
    async stop() {
      stop(child, 'SIGTERM')
      await exited
    },
  }
}
