import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startProcess } from '../process.ts'
import { requireTool } from '../tools.ts'

const run = promisify(execFile)

/** A network namespace joined with ours by a cable; both go with this process at the latest. */
export interface OwnNetwork {
  /** Our end of the cable, reachable from inside. */
  readonly outside: string
  /** The other end, reachable from here. */
  readonly inside: string
  /** The command that runs a program inside. */
  readonly command: (program: string, args: readonly string[]) => readonly [string, ...string[]]
  /** From now on every packet to and from a port inside is lost, those of new connections too. */
  dropPackets(port: number): Promise<void>
  /** Ends `dropPackets` of that port. */
  restorePackets(port: number): Promise<void>
  /** Once nothing runs inside any more. */
  close(): Promise<void>
}

/** Why there can be no network of its own for a process here, for a test that is skipped; false where there can be one. */
export async function whyNoOwnNetwork(): Promise<string | false> {
  for (const tool of ['ip', 'iptables', 'unshare', 'nsenter']) {
    const { skip } = requireTool(tool)
    if (skip) return skip
  }
  try {
    await run('unshare', ['--net', 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '9', '-j', 'DROP'])
    return false
  } catch {
    return 'a network namespace with iptables needs root'
  }
}

/** Makes one, where `whyNoOwnNetwork` says that there can be one. */
export async function openOwnNetwork(): Promise<OwnNetwork> {
  const number = randomInt(64 * 254)
  const subnet = `10.${192 + Math.floor(number / 254)}.${1 + (number % 254)}`
  const outside = `${subnet}.1`
  const inside = `${subnet}.2`
  const device = `sluice${number}`
  // A namespace lives as long as a process in it.
  const holder = await startProcess('unshare', ['--net', 'sleep', 'infinity'])
  const command = (program: string, args: readonly string[]) =>
    ['nsenter', '-t', String(holder.pid), '-n', program, ...args] as const
  const within = (program: string, ...args: readonly string[]) => {
    const [nsenter, ...rest] = command(program, args)
    return run(nsenter, rest)
  }
  const lose = async (change: '-A' | '-D', port: number) => {
    for (const [chain, side] of [
      ['INPUT', '--dport'],
      ['OUTPUT', '--sport'],
    ] as const)
      await within('iptables', '-w', change, chain, '-p', 'tcp', side, String(port), '-j', 'DROP')
  }
  const lost = new Set<number>()

  try {
    // Until `unshare` has done its work the process lives in our network.
    const ours = await networkOf('self')
    while ((await networkOf(holder.pid)) === ours) await delay(5)
    const peer = ['peer', 'name', `${device}i`, 'netns', String(holder.pid)]
    await run('ip', ['link', 'add', `${device}o`, 'type', 'veth', ...peer])
    await run('ip', ['address', 'add', `${outside}/30`, 'dev', `${device}o`])
    await run('ip', ['link', 'set', `${device}o`, 'up'])
    await within('ip', 'link', 'set', `${device}i`, 'up')
    await within('ip', 'address', 'add', `${inside}/30`, 'dev', `${device}i`)
  } catch (error) {
    await holder.stop()
    throw error
  }
  return {
    outside,
    inside,
    command,
    async dropPackets(port) {
      if (lost.has(port)) return
      lost.add(port)
      await lose('-A', port)
    },
    async restorePackets(port) {
      if (lost.delete(port)) await lose('-D', port)
    },
    async close() {
      await holder.stop()
    },
  }
}

const networkOf = (pid: number | 'self'): Promise<string> => readlink(`/proc/${pid}/ns/net`)
