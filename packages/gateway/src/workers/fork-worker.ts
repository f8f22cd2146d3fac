import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ProgramLog } from '../log.ts'
import { type FromWorker, isFromWorker, type ToWorker } from './messages.ts'

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null
  readonly signal: string | null
  /** The end of what it wrote to standard error, such as why Node gave up. */
  readonly complaint: string
}

/** What a worker process tells. */
export interface WorkerEvents {
  message(message: FromWorker): void
  /** Called once, when nothing more comes. */
  ended(end: WorkerEnd): void
}

/** The process of a worker. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Does nothing where the process has ended. */
  send(message: ToWorker): void
  /** Ends it at once. */
  kill(): void
}

/** Starts the process of a worker. */
export type ForkWorker = (worker: number, events: WorkerEvents) => WorkerProcess

const longestComplaint = 2000
// Output that is still in the pipe when a process has ended is there at once, unless a child of its own holds the pipe open.
const outputMs = 500

/** Makes what starts workers, whose lines on standard output go into the log. */
export function createFork(log: ProgramLog): ForkWorker {
  const entry = import.meta.url.endsWith('.ts') ? './worker-main.ts' : './worker-main.js'
  return (worker, events) => {
    const child = fork(new URL(entry, import.meta.url), [], {
      env: withoutOwn(process.env),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const complaint = keepComplaint(child)
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => forward(log, worker, line))
    child.on('message', (message) => {
      if (isFromWorker(message)) events.message(message)
    })
    const ended = Promise.withResolvers<Omit<WorkerEnd, 'complaint'>>()
    child.once('exit', (code, signal) => ended.resolve({ code, signal }))
    child.on('error', (error) => {
      // A process that was not even made has no exit.
      if (child.pid === undefined) ended.resolve({ code: null, signal: error.message })
    })
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    void ended.promise.then(async (end) => {
      await within(outputMs, closed)
      events.ended({ ...end, complaint: complaint() })
    })
    return {
      pid: child.pid,
      send(message) {
        if (child.connected) child.send(message, () => {})
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

/** Without what Sluice itself is given in the environment: keys among it, of which a worker gets its own by the channel. */
function withoutOwn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SLUICE_')))
}

function forward(log: ProgramLog, worker: number, line: string): void {
  if (line.startsWith('{"level":')) log.forward(line)
  // What a plugin prints would break the log for those who read it.
  else log.info({ fromWorker: worker, line }, 'a worker printed something')
}

function keepComplaint(child: ChildProcess): () => string {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text)
    complaint = (complaint + text).slice(-longestComplaint)
  })
  return () => complaint.trim()
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
