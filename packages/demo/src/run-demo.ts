import { join } from 'node:path'
import { cacheDirectory, createCleanUp, type ReadMessage } from '@sluice/harness'
import { takeDemoLock } from './demo-lock.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { openKafka, produceRecords } from './kafka.ts'
import type { DemoOptions } from './options.ts'
import { readLastRecords } from './read-records.ts'
import type { Report } from './report.ts'
import { kafkaUpstream, memoryUpstream, putRoute, routeCurlLines, routePath } from './route.ts'

const values = [
  'Hello from a real Kafka',
  'through a WebSocket',
  'on a route made with curl',
  'by Sluice',
  'in one command',
]

const memoryValues = ['Hello from memory', ...values.slice(1)]

const giveUpMs = 3000

/**
 * The demonstration: Kafka, gateway, route, records there and back; then it serves until it is told to stop. Leaves
 * nothing running, however it ends.
 *
 * @throws Error at once where another demonstration runs
 * @param stop told to stop: what is under way is given up
 */
export async function runDemo(options: DemoOptions, report: Report, stop: AbortSignal): Promise<void> {
  const folder = join(cacheDirectory(), 'demo')
  const cleanUp = createCleanUp()
  const lock = takeDemoLock(folder)
  cleanUp.defer(() => lock.release())
  const stopped = aborted(stop)
  let current: Promise<unknown> = Promise.resolve()
  const step = <T>(name: string, work: () => Promise<T>, done: (result: T) => string): Promise<T> => {
    const stepped = report.step(name, work, done)
    current = stepped
    return Promise.race([stepped, stopped])
  }
  try {
    const kafka = options.withoutKafka
      ? undefined
      : await step(
          options.brokers === undefined ? 'Starting Kafka' : 'Reaching Kafka',
          async () => {
            const opened = await openKafka(options.brokers, report.progress, stop)
            cleanUp.defer(() => opened.stop())
            return opened
          },
          ({ running }) => running,
        )
    const gateway = await step(
      'Starting Sluice',
      async () => {
        const started = await startGatewayProcess({ folder, onTrouble: report.progress })
        cleanUp.defer(() => started.stop())
        return started
      },
      ({ dataUrl, adminUrl, statusUrl }) =>
        `Sluice is running: clients ${dataUrl}, Admin API ${adminUrl}, status ${statusUrl}${portNote(dataUrl, adminUrl)}`,
    )
    const upstream = kafka === undefined ? memoryUpstream(options.topic, memoryValues) : kafkaUpstream(kafka.brokers)
    const route = { adminUrl: gateway.adminUrl, adminKey: gateway.adminKey, upstream }
    await step(
      'Making a route',
      () => putRoute(route),
      () => `The route ${routePath} was made with the Admin API, as this would:`,
    )
    report.show(routeCurlLines(route))
    if (kafka !== undefined && !options.readOnly) {
      report.progress(`Producing to ${options.topic}, a topic of this demonstration; it is made if it is not there`)
      await step(
        `Producing to ${options.topic}`,
        () => produceRecords(kafka.brokers, options.topic, values),
        () => `${values.length} records were produced to the topic ${options.topic}`,
      )
    }
    await showRecords(options, step, report, gateway)
    if (!options.once) await serve(report, gateway, stop)
  } finally {
    // A step that is given up may still open what it was about to open.
    if (stop.aborted) await settledWithin(current, giveUpMs)
    await cleanUp.run()
    if (stop.aborted) report.say('Stopped: nothing that was started here runs any more')
  }
}

async function showRecords(
  { topic }: DemoOptions,
  step: Report['step'],
  report: Report,
  { dataUrl }: GatewayProcess,
): Promise<void> {
  const url = `${dataUrl.replace('http', 'ws')}${routePath}`
  const records = await step(
    `Reading ${topic}`,
    () => readLastRecords(url, topic, values.length),
    ({ length }) =>
      length === 0
        ? `The topic ${topic} has no records in partition 0; this reads it:`
        : `The last ${length} records of ${topic} were read over WebSocket, as this would:`,
  )
  report.show([`node docs/examples/read.mjs ${url} ${topic}`, '', ...records.map(formatRecord)])
}

function formatRecord({ offset, timestamp, key, value }: ReadMessage): string {
  const time = new Date(Number(timestamp)).toISOString()
  return `${offset}  ${time}  ${showBytes(key)}  ${showBytes(value)}`
}

const longestShown = 80

/** Text without what could control the terminal. */
function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8').replaceAll(/\p{C}/gu, '.')
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

async function serve(report: Report, gateway: GatewayProcess, stop: AbortSignal): Promise<void> {
  report.say('Sluice serves until Ctrl-C. Next: read docs/getting-started.md, or ask the gateway what it does:')
  report.show([`curl ${gateway.statusUrl}/metrics`])
  const ended = gateway.ended.then((how) => {
    throw new Error(how)
  })
  await Promise.race([ended, aborted(stop).catch(() => {})])
}

function portNote(...urls: readonly string[]): string {
  const usual = ['9080', '9180']
  return urls.every((url, index) => new URL(url).port === usual[index])
    ? ''
    : ' (the usual ports 9080 and 9180 are taken)'
}

/** Waits for what has no signal, such as Maven, only for a while: it dies with this process. */
async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work.catch(() => {}), promise])
  clearTimeout(timer)
}

/** Rejects when the signal comes. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  // Whoever races against it sees the rejection.
  promise.catch(() => {})
  return promise
}
