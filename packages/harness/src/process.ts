import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { spawnWatched } from './watchdog.ts'

export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProcessOptions {
  readonly cwd?: string | undefined
  /** The whole environment; by default that of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** `startProcess` resolves when the output so far matches; by default at once. */
  readonly ready?: RegExp | ((output: string) => boolean) | undefined
}

export interface RunningProcess {
  readonly pid: number
  /** Everything written to stdout and stderr so far, in the order it came. */
  readonly output: string
  readonly stdout: string
  readonly stderr: string
  /** Resolves once the process has ended and its output is complete. */
  readonly exited: Promise<ProcessExit>
  /** Resolves with the output once it matches; rejects if the process ends before. */
  waitFor(what: RegExp | ((output: string) => boolean)): Promise<string>
  kill(signal?: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL after `graceMs` (10,000 by default); resolves when it has ended. May be called twice. */
  stop(graceMs?: number): Promise<ProcessExit>
}

/** A process ended before its output showed what was waited for. */
export class ProcessEndedEarly extends Error {
  readonly code = 'TESTKIT_PROCESS_ENDED_EARLY'
  readonly exit: ProcessExit
  readonly output: string

  constructor(command: string, exit: ProcessExit, output: string) {
    super(
      `${command} ended with ${exit.signal ?? `code ${exit.code}`} before it was ready; it wrote:\n${output.slice(-4000)}`,
    )
    this.name = 'ProcessEndedEarly'
    this.exit = exit
    this.output = output
  }
}

/**
 * Starts a child process whose output is kept; it dies with this process at the latest.
 *
 * @throws {ProcessEndedEarly} when it ends before `ready`
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = spawnWatched(command, args, { cwd: options.cwd, env: options.env })
  const process = watch([command, ...args].join(' '), child)
  if (options.ready) await process.waitFor(options.ready)
  return process
}

function watch(name: string, child: ChildProcess): RunningProcess {
  if (child.pid === undefined) throw new Error(`${name} could not be started: the shell is missing`)
  const written = { output: '', stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text
      written.output += text
      for (const check of waiting) check()
    })
  }
  const exited = once(child, 'close').then(([code, signal]): ProcessExit => ({ code, signal }))
  const kill = (signal: NodeJS.Signals = 'SIGTERM') => void child.kill(signal)

  return {
    pid: child.pid,
    exited,
    kill,
    get output() {
      return written.output
    },
    get stdout() {
      return written.stdout
    },
    get stderr() {
      return written.stderr
    },
    waitFor(what) {
      const matches = typeof what === 'function' ? what : (output: string) => what.test(output)
      return new Promise((resolve, reject) => {
        const check = () => {
          if (!matches(written.output)) return false
          waiting.delete(check)
          resolve(written.output)
          return true
        }
        if (check()) return
        waiting.add(check)
        void exited.then((exit) => {
          if (waiting.delete(check)) reject(new ProcessEndedEarly(name, exit, written.output))
        })
      })
    },
    async stop(graceMs = 10_000) {
      kill('SIGTERM')
      const hard = setTimeout(() => kill('SIGKILL'), graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(hard)
      }
    },
  }
}
