import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway, type TestGateway } from '@sluice/harness'
import { WebSocket } from 'ws'
import type { BenchOptions } from './options.ts'
import { usageOfProcess } from './process-time.ts'
import type { Progress } from './progress.ts'
import { measurement, ratio, type Section } from './report/results.ts'
import { pingCommand } from './websocket/commands.ts'

const PLUGINS = 10
const CLIENTS = 16

/** Routes with other plugins. */
const chains = {
  none: 'no plugin',
  access: `${PLUGINS} plugins for requests`,
  hooks: `${PLUGINS} plugins for messages`,
} as const

type Chain = keyof typeof chains
const names: readonly Chain[] = ['none', 'access', 'hooks']

/** CPU microseconds of the gateway. */
interface Costs {
  readonly ping: number
  readonly handshake: number
}

/** What plugins that do nothing cost a ping and a handshake, loaded by the configuration as those of others are. */
export async function measurePlugins(
  { quick, repetitions }: BenchOptions,
  progress: Progress,
): Promise<readonly Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-plugins-'))
  let gateway: TestGateway | undefined
  try {
    gateway = await startGateway({ folder, config: await configOf(folder), logLevel: 'info', workers: 1 })
    for (const chain of names) await putRoute(gateway, chain)
    const rounds: Record<Chain, Costs>[] = []
    // The first round warms up the compilers.
    for (let round = 0; round <= repetitions; round++) {
      progress.show(`plugins: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
      const costs = { none: unknown, access: unknown, hooks: unknown }
      for (const chain of names) costs[chain] = await measureChain(gateway, chain, quick ? 100 : 2000)
      if (round > 0) rounds.push(costs)
    }
    return [sectionOf('Plugins on a ping', 'ping', rounds), sectionOf('Plugins on a handshake', 'handshake', rounds)]
  } finally {
    await gateway?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const unknown: Costs = { ping: Number.NaN, handshake: Number.NaN }

/** Writes the plugins, as packages beside the configuration. */
async function configOf(folder: string): Promise<string> {
  const source = join(import.meta.dirname, 'plugins/do-nothing.ts')
  const entries: string[] = []
  for (const kind of ['access', 'hooks'] as const) {
    for (let i = 1; i <= PLUGINS; i++) {
      const name = `${kind}-${i}`
      const priority = (kind === 'access' ? 3000 : 4000) + i
      const text = `import { doNothing } from ${JSON.stringify(source)}\nexport default doNothing('${name}', ${priority}, '${kind}')\n`
      await writeFile(join(folder, `${name}.mjs`), text)
      entries.push(`  - { name: ${name}, package: ./${name}.mjs }`)
    }
  }
  return `schemes: [{ name: memory, package: "@sluice/scheme-memory" }]\nplugins:\n${entries.join('\n')}`
}

async function putRoute(gateway: TestGateway, chain: Chain): Promise<void> {
  const count = chain === 'none' ? 0 : PLUGINS
  const plugins = Object.fromEntries(Array.from({ length: count }, (_, i) => [`${chain}-${i + 1}`, {}]))
  const upstream = { scheme: 'memory', type: 'none', nodes: { 'local:1': 1 } }
  const { status, body } = await gateway.admin('PUT', `/routes/${chain}`, { uri: `/${chain}`, plugins, upstream })
  if (status >= 300) throw new Error(`a route was answered with ${status} ${JSON.stringify(body)}`)
}

async function measureChain(gateway: TestGateway, chain: Chain, count: number): Promise<Costs> {
  const url = `${gateway.socketUrl}/${chain}`
  const sockets: WebSocket[] = []
  const handshake = await cpuOfEach(gateway.pid, count / 4, async () => {
    const socket = await open(url)
    if (sockets.length < CLIENTS) sockets.push(socket)
    else socket.terminate()
  })
  const frame = pingCommand(1)
  const turn = async (socket: WebSocket): Promise<void> => {
    socket.send(frame)
    await once(socket, 'message')
  }
  const ping = await cpuOfEach(gateway.pid, count, () => Promise.all(sockets.map(turn)), CLIENTS)
  for (const socket of sockets) socket.terminate()
  return { ping, handshake }
}

/** CPU microseconds that a process uses for each of so many turns of `size` each. */
async function cpuOfEach(pid: number, turns: number, turn: () => Promise<unknown>, size = 1): Promise<number> {
  const before = await usageOfProcess(pid)
  for (let i = 0; i < turns; i++) await turn()
  const after = await usageOfProcess(pid)
  return (1e6 * ((after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN))) / (turns * size)
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

function sectionOf(title: string, what: keyof Costs, rounds: readonly Readonly<Record<Chain, Costs>>[]): Section {
  const of = (chain: Chain) =>
    measurement(
      chains[chain],
      'CPU µs each',
      rounds.map((round) => round[chain][what]),
    )
  const [none, access, hooks] = [of('none'), of('access'), of('hooks')]
  return {
    title,
    measurements: [none, access, hooks],
    ratios: [
      // What looks at requests alone has nothing to do with a ping.
      ratio(`${access.name} / none`, access, none, what === 'ping' ? { atMost: 1.25 } : undefined),
      ratio(`${hooks.name} / none`, hooks, none),
    ],
  }
}
