import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway, type TestGateway } from '@sluice/harness'
import { openSqliteStore } from '@sluice/store-sqlite'
import type { BenchOptions } from './options.ts'
import { usageOfProcess } from './process-time.ts'
import type { Progress } from './progress.ts'
import { type Measurement, measurement, ratio, type Section } from './report/results.ts'

const BATCH = 1000
const FEW = 10
/** What starting is compared at. */
const START_FEW = 100

interface Samples {
  readonly routes: number
  /** Milliseconds for a route that is made and asked for. */
  readonly put: Measurement
  /** CPU microseconds of the gateway for a request. */
  readonly match: Measurement
}

/**
 * What the number of routes costs: a PUT that is asked for at once, a request that is matched, and a start. The routes are
 * in the embedded store.
 */
export async function measureRoutes(options: BenchOptions, progress: Progress): Promise<Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-routes-'))
  const start = (): Promise<TestGateway> => startGateway({ folder, logLevel: 'info', workers: 1 })
  const sizes = options.quick ? [FEW, START_FEW, 1000] : [FEW, START_FEW, 1000, 10_000, 100_000]
  const samples: Samples[] = []
  const starts: Measurement[] = []
  let gateway: TestGateway | undefined
  let made = 0
  try {
    await mkdir(join(folder, 'sluice-data'), { mode: 0o700 })
    for (const size of sizes) {
      progress.show(`making ${size} routes`)
      await gateway?.stop()
      await fill(folder, made, size)
      made = size
      gateway = await start()
      samples.push(await measureTable(gateway, size, options, progress))
      if (size !== START_FEW && size !== sizes.at(-1)) continue
      const seconds: number[] = []
      for (let round = 1; round <= options.repetitions; round++) {
        progress.show(`start with ${size} routes: ${round} of ${options.repetitions}`)
        await gateway.stop()
        const before = performance.now()
        gateway = await start()
        seconds.push((performance.now() - before) / 1000)
      }
      starts.push(measurement(`${named(size)} routes`, 's', seconds))
    }
  } finally {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return [tableSection(samples), startSection(starts)]
}

/** Makes routes as the Admin API stores them, but a thousand at a time. */
async function fill(folder: string, from: number, to: number): Promise<void> {
  const store = await openSqliteStore({ file: join(folder, 'sluice-data', 'config.sqlite') })
  try {
    for (let first = from; first < to; first += BATCH) {
      const writes = Array.from({ length: Math.min(BATCH, to - first) }, (_, i) => {
        const id = `r${first + i}`
        const value = { ...routeOf(id), id, create_time: 1_700_000_000, update_time: 1_700_000_000 }
        return { kind: 'put' as const, key: `/routes/${id}`, value }
      })
      await store.transact([], writes)
    }
  } finally {
    await store.close()
  }
}

function routeOf(id: string) {
  return { uri: `/${id}`, upstream: { type: 'none', scheme: 'kafka', nodes: { '127.0.0.1:9092': 1 } } }
}

async function putRoute({ admin }: TestGateway, id: string): Promise<void> {
  const { status, body } = await admin('PUT', `/routes/${id}`, routeOf(id))
  if (status >= 300) throw new Error(`a route was answered with ${status} ${JSON.stringify(body)}`)
}

async function measureTable(
  gateway: TestGateway,
  routes: number,
  { repetitions, quick }: BenchOptions,
  progress: Progress,
): Promise<Samples> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (path: string) => statusOf(`${gateway.dataUrl}${path}`, agent)
  const requests = quick ? 500 : 5000
  const puts: number[] = []
  const matches: number[] = []
  try {
    // One round more, for what is slow the first time.
    for (let round = 0; round <= repetitions; round++) {
      progress.show(`with ${routes} routes: ${round} of ${repetitions}`)
      const put = await medianPut(gateway, ask, `n${routes}-${round}`)
      const match = await cpuOf(gateway.pid, requests, (i) => ask(`/r${(i * 7919) % routes}`))
      if (round > 0) puts.push(put)
      if (round > 0) matches.push(match)
    }
  } finally {
    agent.destroy()
  }
  return {
    routes,
    put: measurement(`${named(routes)} routes, PUT and first request`, 'ms', puts),
    match: measurement(`${named(routes)} routes, request`, 'CPU µs each', matches),
  }
}

/** Milliseconds until a new route is answered for, of twenty. */
async function medianPut(gateway: TestGateway, ask: (path: string) => Promise<number>, name: string): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 20; i++) {
    const id = `${name}-${i}`
    const before = performance.now()
    await putRoute(gateway, id)
    if ((await ask(`/${id}`)) === 404) throw new Error(`the route ${id} is not served once it is acknowledged`)
    times.push(performance.now() - before)
    await gateway.admin('DELETE', `/routes/${id}`)
  }
  return times.sort((a, b) => a - b)[10] ?? Number.NaN
}

/** CPU microseconds that a process uses for each of so many requests. */
async function cpuOf(pid: number, count: number, request: (index: number) => Promise<number>): Promise<number> {
  const before = await usageOfProcess(pid)
  for (let i = 0; i < count; i++) {
    if ((await request(i)) === 404) throw new Error('a route is not found')
  }
  const after = await usageOfProcess(pid)
  return (1e6 * ((after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN))) / count
}

/** A request without an upgrade is refused, after it was matched. */
function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    }).once('error', reject)
  })
}

function tableSection(samples: readonly Samples[]): Section {
  const [first, ...rest] = samples
  if (first === undefined) return { title: 'Routes', measurements: [] }
  const ratios = rest.flatMap(({ routes, put, match }) => [
    ratio(`PUT, ${named(routes)} / ${FEW} routes`, put, first.put, { atMost: 5 }),
    ratio(`request, ${named(routes)} / ${FEW} routes`, match, first.match, { atMost: 1.5 }),
  ])
  return { title: 'Routes', measurements: samples.flatMap(({ put, match }) => [put, match]), ratios }
}

function startSection(starts: readonly Measurement[]): Section {
  const [few, many] = starts
  const ratios =
    few === undefined || many === undefined
      ? []
      : [ratio(`start, ${many.name} / ${few.name}`, many, few, { atMost: 10 })]
  return { title: 'Start by number of routes', measurements: starts, ratios }
}

const named = (count: number): string => count.toLocaleString('en-US')
