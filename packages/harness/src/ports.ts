import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

// Below the range from which the system takes client ports (32768 on Linux): a port chosen there could be
// taken by any outgoing connection before the server binds it.
const RANGE: PortRange = { from: 10_000, to: 32_000 }

interface PortRange {
  readonly from: number
  /** The first that is not in it. */
  readonly to: number
}

/**
 * Ports of 127.0.0.1 that are free, all different, and this process's own until it ends: no other process that chooses its
 * ports here is given one of them, even while the server behind it is down. So the client of a broker that was killed never
 * finds another test's server in its place. Only for servers that cannot listen on port 0 or must come back on the same
 * port; what does not choose its ports here may still take one, so be ready to try again.
 */
export async function choosePorts(amount: number, { from, to } = RANGE): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < amount) {
    const port = from + Math.floor(Math.random() * (to - from))
    if (reserve(port) && (await isFree(port))) ports.push(port)
  }
  return ports
}

const folder = join(tmpdir(), `sluice-ports-${userInfo().uid}`)
const reserved: string[] = []

/** A file named after the port, holding the pid of whose it is; false where a process that lives has it, this one included. */
function reserve(port: number): boolean {
  if (reserved.length === 0) {
    mkdirSync(folder, { recursive: true })
    process.once('exit', giveBack)
  }
  const file = join(folder, String(port))
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    reserved.push(file)
    return true
  } catch {
    // What a killed process left is given back for the next choice, not taken: two may find it at the same time.
    if (!isHeld(file)) rmSync(file, { force: true })
    return false
  }
}

function giveBack(): void {
  for (const file of reserved) rmSync(file, { force: true })
}

function isHeld(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // A file without its pid yet is that of a process which writes it at this moment.
    if (pid > 0) process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
