import { styleText } from 'node:util'
import { JavaMissing } from '@sluice/harness'
import { type DemoOptions, demoHelp, readDemoOptions } from './options.ts'
import { createReport } from './report.ts'
import { runDemo } from './run-demo.ts'

const request = readDemoOptions(process.argv.slice(2), process.env)
if (request.kind === 'help') {
  process.stdout.write(demoHelp)
} else if (request.kind === 'mistake') {
  process.stderr.write(`npm start: ${request.text}\nSee npm start -- --help\n`)
  process.exitCode = 2
} else {
  // Exits by itself: a connection or a process that was given up must not hold the end up.
  process.exit(await demonstrate(request.options))
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const stop = new AbortController()
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(event, () => stop.abort(new Error(event)))
  try {
    await runDemo(options, createReport(process.stdout), stop.signal)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 1
    const text = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${styleText('red', text, { stream: process.stderr })}\n`)
    if (error instanceof JavaMissing) process.stderr.write('Or see it without a Kafka: npm start -- --without-kafka\n')
    return 1
  }
}
