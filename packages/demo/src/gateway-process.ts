import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describeTrouble } from './log-line.ts'
import { portOrAny } from './ports.ts'

/** A gateway in a process of its own, as `sluice start` makes it. */
export interface GatewayProcess {
  readonly adminUrl: string
  readonly dataUrl: string
  readonly statusUrl: string
  readonly adminKey: string
  /** Resolves with what went wrong when it ends without having been told to. */
  readonly ended: Promise<string>
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>
}

/** How {@link startGatewayProcess} starts it. */
export interface GatewayProcessOptions {
  /** Where the configuration file, the store and the keys are kept. */
  readonly folder: string
  /** Told the warnings and errors that the gateway logs. */
  onTrouble(line: string): void
}

/** Starts `sluice start` on its usual ports, or on others where those are taken, and waits until it is ready. */
export async function startGatewayProcess({ folder, onTrouble }: GatewayProcessOptions): Promise<GatewayProcess> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'sluice.yaml')
  await writeFile(file, await configFile())
  const cli = fileURLToPath(import.meta.resolve('@sluice/gateway/cli'))
  // In a group of its own, so that Ctrl-C reaches it once, through us; the IPC channel ends it should we be killed.
  const child = spawn(process.execPath, [cli, 'start', '--config', file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  if (child.stdout === null || child.stderr === null) throw new Error('the gateway was started without its output')
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const ready = Promise.withResolvers<Addresses>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = parseLine(line)
    if (entry.msg === 'ready') ready.resolve(readAddresses(entry))
    const trouble = describeTrouble(entry)
    if (trouble !== undefined) onTrouble(`gateway: ${trouble}`)
  })
  const closed = once(child, 'close').then(([code, signal]) => `the gateway ended with ${signal ?? `code ${code}`}`)
  const ended = closed.then((how) => `${how}${complaints.trim() === '' ? '' : `:\n${complaints.trim()}`}`)
  const addresses = await Promise.race([
    ready.promise,
    ended.then((text) => {
      throw new Error(text)
    }),
  ])
  return {
    ...addresses,
    adminKey: (await readFile(join(folder, dataFolder, 'admin.key'), 'utf8')).trim(),
    ended,
    async stop() {
      child.kill('SIGTERM')
      await closed
    },
  }
}

interface Addresses {
  readonly adminUrl: string
  readonly dataUrl: string
  readonly statusUrl: string
}

const dataFolder = 'data'

async function configFile(): Promise<string> {
  const [data, admin, status] = await Promise.all([9080, 9180, 9091].map(portOrAny))
  return `# Written by npm start each time.
apisix:
  node_listen: "127.0.0.1:${data}"
deployment:
  admin:
    admin_listen: { port: ${admin} }
status_listen: { port: ${status} }
schemes:
  - { name: memory, package: "@sluice/scheme-memory" }
data_dir: ${dataFolder}
log: { format: json }
`
}

function parseLine(line: string): Record<string, unknown> {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? Object.fromEntries(Object.entries(entry)) : {}
  } catch {
    return {}
  }
}

function readAddresses({ adminUrl, dataUrls, statusUrl }: Record<string, unknown>): Addresses {
  const dataUrl = Array.isArray(dataUrls) ? dataUrls[0] : undefined
  return { adminUrl: String(adminUrl), dataUrl: String(dataUrl), statusUrl: String(statusUrl) }
}
