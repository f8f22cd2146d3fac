import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { repositoryRoot } from './repository.ts'
import { spawnWatched } from './watchdog.ts'

const cli = join(repositoryRoot, 'packages/gateway/src/cli.ts')

/** The key of the Admin API in every gateway that is started here. */
export const adminKey = 'testkit-admin-key'
/** One that may only read. */
export const viewerKey = 'testkit-viewer-key'

/** An answer of the Admin API. */
export interface AdminAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** A gateway in a process of its own, on free ports, spoken to only by HTTP and WebSocket. */
export interface TestGateway {
  readonly adminUrl: string
  /** `ws://host:port` of the data plane. */
  readonly socketUrl: string
  readonly dataUrl: string
  readonly statusUrl: string
  readonly pid: number
  /** Everything it has logged so far, one JSON line each. */
  readonly log: readonly string[]
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>
  /** The metrics by name, labels of one name added up; with labels where `name{...}` is asked for. */
  metric(name: string): Promise<number>
  /** Sends the signal, SIGTERM by default, and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** What may differ from one use to the next. */
export interface GatewayOptions {
  /** Kept by the caller over several starts; else a fresh one that goes away with the gateway. */
  readonly folder?: string
  /** Lines added to the configuration file. */
  readonly config?: string
  /** Lines added to its section `apisix`, two blanks in front of each. */
  readonly apisix?: string
  /** Lines added to its section `deployment`, two blanks in front of each. */
  readonly deployment?: string
  /** `debug` by default, `info` at most: what says that it is ready is of that level. */
  readonly logLevel?: string
  readonly env?: Readonly<Record<string, string>>
  /** Processes that serve clients; by default what `SLUICE_TEST_WORKERS` says, else 1. */
  readonly workers?: number
}

/** Starts `sluice start` and waits until it says that it is ready. It dies with this process at the latest. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sluice-gateway-')))
  const file = join(folder, 'sluice.yaml')
  await writeFile(file, configFile(options))
  const child = spawnWatched(process.execPath, [cli, 'start', '--config', file], {
    env: { ...process.env, ...options.env },
    folder: options.folder === undefined ? folder : undefined,
  })
  const log: string[] = []
  const errors: string[] = []
  child.stderr?.on('data', (text) => errors.push(String(text)))
  const exited = once(child, 'exit').then(async ([code]) => {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    return typeof code === 'number' ? code : null
  })
  const ready = await Promise.race([readyLine(child, log), exited.then((code) => ({ code }))])
  if ('code' in ready) throw new Error(`the gateway exited with ${ready.code}:\n${errors.join('')}\n${log.join('\n')}`)
  return {
    ...ready,
    pid: child.pid ?? 0,
    log,
    admin: (method, path, body) => askAdmin(ready.adminUrl, method, path, body),
    metric: (name) => readMetric(ready.statusUrl, name),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    },
  }
}

const testWorkers = Number(process.env.SLUICE_TEST_WORKERS ?? 1)

function configFile({
  apisix = '',
  config = '',
  deployment = '',
  logLevel = 'debug',
  workers = testWorkers,
}: GatewayOptions): string {
  return `apisix:
  node_listen: "127.0.0.1:0"
${apisix}
deployment:
  admin:
    admin_key:
      - { name: testkit, key: ${adminKey}, role: admin }
      - { name: testkit-viewer, key: ${viewerKey}, role: viewer }
    admin_listen: { port: 0 }
${deployment}
status_listen: { port: 0 }
log: { level: ${logLevel}, format: json }
workers: ${workers}
${config}`
}

async function readyLine(child: ChildProcess, log: string[]) {
  if (!child.stdout) throw new Error('the gateway has no standard output')
  const lines = createInterface({ input: child.stdout })
  const { promise, resolve } = Promise.withResolvers<string>()
  lines.on('line', (line) => {
    log.push(line)
    if (line.includes('"msg":"ready"')) resolve(line)
  })
  const { adminUrl, dataUrls, statusUrl } = JSON.parse(await promise)
  const [dataUrl] = dataUrls
  return { adminUrl, dataUrl, socketUrl: String(dataUrl).replace('http', 'ws'), statusUrl }
}

async function askAdmin(url: string, method: string, path: string, body?: unknown): Promise<AdminAnswer> {
  const init = { method, headers: { 'x-api-key': adminKey } }
  const response = await fetch(
    `${url}/apisix/admin${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  )
  return { status: response.status, body: await jsonBody(response) }
}

/** The JSON object that a response holds. */
export async function jsonBody(response: Response): Promise<Record<string, unknown>> {
  return JSON.parse(await response.text())
}

async function readMetric(url: string, wanted: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const values = text.split('\n').flatMap((line) => {
    const [name = '', value = ''] = line.split(' ')
    return name === wanted || name.startsWith(`${wanted}{`) ? [Number(value)] : []
  })
  return values.reduce((sum, value) => sum + value, 0)
}
