import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readlink } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { requireTool } from '../tools.ts'

const run = promisify(execFile)

/** A network namespace that one process lives in, joined with ours by a cable; both go when that process ends. */
export interface OwnNetwork {
  /** Our end of the cable, reachable from inside. */
  readonly outside: string
  /** The other end, reachable from here. */
  readonly inside: string
  /** The command that runs a program in a network of its own, once `connect` has been called with its pid. */
  readonly command: (program: string, args: readonly string[]) => readonly [string, ...string[]]
  /** Lays the cable. */
  connect(pid: number): Promise<void>
  /** From now on every packet to and from a port inside is lost, those of new connections too. */
  dropPackets(pid: number, port: number): Promise<void>
  /** Ends all `dropPackets`. */
  restorePackets(pid: number): Promise<void>
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

/** Chooses addresses; nothing is made before `connect`. */
export function createOwnNetwork(): OwnNetwork {
  const number = randomInt(64 * 254)
  const subnet = `10.${192 + Math.floor(number / 254)}.${1 + (number % 254)}`
  const outside = `${subnet}.1`
  const inside = `${subnet}.2`
  const device = `sluice${number}`
  const within = (pid: number, ...command: readonly string[]) => run('nsenter', ['-t', String(pid), '-n', ...command])
  const ports = ['--dport', '--sport'] as const

  return {
    outside,
    inside,
    // The shell waits for the cable, then becomes the program: the pid stays the same.
    command: (program, args) => {
      const wait = `until ip -o address show | grep -q ${inside}/; do sleep 0.02; done; exec "$@"`
      return ['unshare', '--net', 'sh', '-c', wait, 'sh', program, ...args]
    },
    async connect(pid) {
      // Until `unshare` has done its work the process lives in our network.
      const ours = await networkOf('self')
      while ((await networkOf(pid)) === ours) await delay(5)
      await run('ip', ['link', 'add', `${device}o`, 'type', 'veth', 'peer', 'name', `${device}i`, 'netns', String(pid)])
      await run('ip', ['address', 'add', `${outside}/30`, 'dev', `${device}o`])
      await run('ip', ['link', 'set', `${device}o`, 'up'])
      await within(pid, 'ip', 'link', 'set', `${device}i`, 'up')
      await within(pid, 'ip', 'address', 'add', `${inside}/30`, 'dev', `${device}i`)
    },
    async dropPackets(pid, port) {
      for (const side of ports) {
        const chain = side === '--dport' ? 'INPUT' : 'OUTPUT'
        await within(pid, 'iptables', '-w', '-A', chain, '-p', 'tcp', side, String(port), '-j', 'DROP')
      }
    },
    async restorePackets(pid) {
      await within(pid, 'iptables', '-w', '-F')
    },
  }
}

const networkOf = (pid: number | 'self'): Promise<string> => readlink(`/proc/${pid}/ns/net`)
