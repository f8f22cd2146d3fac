import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { JavaMissing } from './errors.ts'
import type { KafkaJars } from './jars.ts'

// Kafka logs through slf4j-simple to stderr: warnings, and the one line
// that says the server is up.
const FLAGS = [
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-Xlog:disable',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]

/** Of the first compiler only: quick to start, and a twentieth of the speed where the second knows instructions, as for AES. */
const QUICK_START = ['-XX:TieredStopAtLevel=1']

/** How a JVM is run. */
export interface Jvm {
  /** As `-Xmx` takes it. */
  readonly heap: string
  /** Whether it is to be as fast as in production, once it has run for a while, rather than to start quickly. */
  readonly fullSpeed: boolean
}

/**
 * The `java` to run: `JAVA_HOME/bin/java`, or the first on the PATH.
 *
 * @throws {JavaMissing} when there is none
 */
export function findJava(env: NodeJS.ProcessEnv = process.env): string {
  if (env.JAVA_HOME) {
    const java = join(env.JAVA_HOME, 'bin/java')
    if (isExecutable(java)) return java
    throw new JavaMissing(`JAVA_HOME is ${env.JAVA_HOME}, and there is no bin/java in it`)
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const java = folders.map((folder) => join(folder, 'java')).find(isExecutable)
  if (!java) throw new JavaMissing('the program java is not on the PATH, and JAVA_HOME is not set')
  return java
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** How to run one class of Kafka. */
export interface JavaCommand {
  readonly java: string
  readonly args: readonly string[]
  /** To be called when the program has ended by itself or by SIGTERM. */
  ended(): Promise<void>
}

/**
 * The command line for a class of Kafka. An archive of loaded classes (JEP 350) is kept beside the jars: the first program
 * asked to `record` writes it when it ends, all later ones start in half the time (format and start of a broker took 1.6 s
 * instead of 3.0 s).
 */
export function javaCommand(
  java: string,
  jars: KafkaJars,
  { heap, fullSpeed }: Jvm,
  mainClass: string,
  args: readonly string[],
  record: boolean,
): JavaCommand {
  const archive = join(jars.directory, `classes-${fingerprint(java, jars)}.jsa`)
  const archived = existsSync(archive)
  const recording = `${archive}.${process.pid}`
  const sharing = archived
    ? [`-XX:SharedArchiveFile=${archive}`]
    : record
      ? [`-XX:ArchiveClassesAtExit=${recording}`]
      : []
  return {
    java,
    args: [
      ...FLAGS,
      ...(fullSpeed ? [] : QUICK_START),
      ...sharing,
      `-Xmx${heap}`,
      '-cp',
      jars.classPath,
      mainClass,
      ...args,
    ],
    async ended() {
      if (!archived && record && existsSync(recording)) await rename(recording, archive)
    },
  }
}

/** An archive fits one Java and one class path only. */
function fingerprint(java: string, jars: KafkaJars): string {
  const file = realpathSync(java)
  const { size, mtimeMs } = statSync(file)
  return createHash('sha256')
    .update(JSON.stringify([file, size, mtimeMs, jars.classPath]))
    .digest('hex')
    .slice(0, 12)
}
