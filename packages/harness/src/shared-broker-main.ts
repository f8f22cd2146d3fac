// Run by scripts/test.mjs: starts the Kafka that all test files share, writes its description as one line of JSON to stdout
// (progress goes to stderr) and stops it on a signal.
import { once } from 'node:events'
import { startSharedKafka } from './shared-broker.ts'

try {
  const kafka = await startSharedKafka((line) => process.stderr.write(`${line}\n`))
  const { bootstrap, users, tls } = kafka
  process.stdout.write(`${JSON.stringify({ bootstrap, users, tls })}\n`)
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  await kafka.stop()
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`)
  process.exitCode = 1
}
