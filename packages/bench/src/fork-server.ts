import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A WebSocket server in a process of its own, which ends with this one. */
export interface ForkedServer {
  readonly child: ChildProcess
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts a module that prints the port it listens on.
 *
 * @throws {Error} when it ends before it listens
 */
export async function forkServer(main: URL, args: readonly string[]): Promise<ForkedServer> {
  const file = fileURLToPath(main)
  const child = fork(file, [...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  if (child.stdout === null) throw new Error(`${file} has no standard output`)
  const gone = exited.then(() => {
    throw new Error(`${file} ended before it listened`)
  })
  const [port] = await Promise.race([once(child.stdout, 'data'), gone])
  return {
    child,
    url: `ws://127.0.0.1:${String(port).trim()}/`,
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
