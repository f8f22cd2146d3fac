import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawnWatched } from '../watchdog.ts'
import { JavaMissing, KafkaStartFailed } from './errors.ts'
import type { KafkaJars } from './jars.ts'
import { type Jvm, javaCommand } from './java.ts'

/** One broker of a cluster that a test started. */
export interface KafkaBroker {
  readonly id: number
  /** Of the JVM; another one after `restart`. */
  readonly pid: number
  /** Its log folder: `<topic>-<partition>` folders are in there. */
  readonly dataDirectory: string
  /** Sends a signal, SIGKILL by default, and waits until the process has ended if the signal ends it. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** SIGTERM, and SIGKILL after 20 s; resolves when it has ended. May be called twice. */
  stop(): Promise<void>
  /** SIGSTOP: alive, and answers nothing. */
  pause(): void
  /** SIGCONT. */
  cont(): void
  /** Starts it again on its ports and data, after stopping it if it runs; resolves when it serves. */
  restart(): Promise<void>
}

export interface BrokerProcessOptions {
  readonly id: number
  readonly java: string
  readonly jars: KafkaJars
  readonly jvm: Jvm
  /** Of the broker's JVM. */
  readonly systemProperties: Readonly<Record<string, string>>
  readonly propertiesFile: string
  readonly dataDirectory: string
  /** Removed by the watchdog when our process dies first. */
  readonly folder: string | undefined
  /** Whether this process may record the archive of classes; one of a cluster does. */
  readonly record: boolean
}

export interface BrokerProcess extends KafkaBroker {
  /** Starts it the first time; resolves when it serves. */
  start(signal?: AbortSignal): Promise<void>
}

const SERVING = 'Kafka Server started'

/** A broker that is formatted but not running yet. */
export function createBroker(options: BrokerProcessOptions): BrokerProcess {
  let running: ChildProcess | undefined
  let ended: Promise<void> = Promise.resolve()

  const signalled = (signal: NodeJS.Signals) => void running?.kill(signal)
  const start = async (abort?: AbortSignal) => {
    abort?.throwIfAborted()
    const launched = launch(options)
    running = launched.child
    ended = launched.ended
    const onAbort = () => signalled('SIGKILL')
    abort?.addEventListener('abort', onAbort)
    try {
      await launched.serving
    } catch (error) {
      abort?.throwIfAborted()
      throw error
    } finally {
      abort?.removeEventListener('abort', onAbort)
    }
  }
  const stop = async () => {
    // A paused process would take the SIGTERM only once it is continued.
    signalled('SIGCONT')
    signalled('SIGTERM')
    const hard = setTimeout(() => signalled('SIGKILL'), 20_000)
    await ended
    clearTimeout(hard)
  }

  return {
    id: options.id,
    dataDirectory: options.dataDirectory,
    get pid() {
      return running?.pid ?? -1
    },
    start,
    stop,
    async kill(signal = 'SIGKILL') {
      signalled(signal)
      if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended
    },
    pause: () => signalled('SIGSTOP'),
    cont: () => signalled('SIGCONT'),
    async restart() {
      await stop()
      await start()
    },
  }
}

function launch(options: BrokerProcessOptions) {
  const { java, jars, jvm, propertiesFile, record, folder } = options
  const definitions = Object.entries(options.systemProperties).map(([name, value]) => `-D${name}=${value}`)
  const command = javaCommand(java, jars, jvm, 'kafka.Kafka', [propertiesFile], record)
  const child = spawnWatched(command.java, [...definitions, ...command.args], { folder, env: javaEnvironment() })
  let log = ''
  const serving = new Promise<void>((resolve, reject) => {
    const onText = (text: string) => {
      log = (log + text).slice(-16_384)
      if (log.includes(SERVING)) resolve()
    }
    child.stdout?.setEncoding('utf8').on('data', onText)
    child.stderr?.setEncoding('utf8').on('data', onText)
    child.once('close', (code, signal) => {
      reject(
        new KafkaStartFailed(`Kafka broker ${options.id} ended (${signal ?? `code ${code}`}) before it served`, log),
      )
    })
  })
  const ended = once(child, 'exit').then(() => command.ended())
  // Whoever waits for it sees the failure; nobody may be waiting when the broker ends later.
  serving.catch(() => {})
  return { child, serving, ended }
}

/**
 * Formats a broker's log folder for KRaft, unless it is formatted.
 *
 * @param scram arguments for the users of SCRAM
 * @throws {KafkaStartFailed} with what the storage tool wrote
 */
export async function formatStorage(
  options: BrokerProcessOptions,
  clusterId: string,
  scram: readonly string[],
): Promise<void> {
  if (existsSync(join(options.dataDirectory, 'meta.properties'))) return
  const args = ['format', '-t', clusterId, '-c', options.propertiesFile, ...scram]
  const command = javaCommand(
    options.java,
    options.jars,
    { heap: '128m', fullSpeed: false },
    'kafka.tools.StorageTool',
    args,
    false,
  )
  const child = spawnWatched(command.java, command.args, { folder: options.folder, env: javaEnvironment() })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code === 0) return
  if (output.includes('UnsupportedClassVersionError')) throw new JavaMissing(`${options.java} is older than Java 17`)
  throw new KafkaStartFailed(
    `formatting the storage of Kafka broker ${options.id} failed (code ${code})`,
    output.slice(-4000),
  )
}

/** Without a UTF-8 locale Java mangles arguments beyond ASCII. */
const javaEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C.UTF-8' })
