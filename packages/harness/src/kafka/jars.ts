import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../repository.ts'
import { spawnWatched } from '../watchdog.ts'
import { JavaMissing, KafkaJarsFailed } from './errors.ts'

/** The version that is started when `KAFKA_VERSION` says nothing else. */
const DEFAULT_KAFKA_VERSION = '4.1.1'

export interface KafkaJars {
  readonly version: string
  /** The folder that holds the version's `libs` folder and what is cached beside it. */
  readonly directory: string
  /** Every jar, sorted: class-data sharing wants the same class path each time. */
  readonly classPath: string
}

/** Told about the progress of something slow, one short line at a time. */
export type OnProgress = (line: string) => void

/**
 * The jars of one Kafka version, fetched through Maven the first time and kept in `<cache>/kafka/<version>/libs`
 * (some 45 files, 43 MB). Several processes may ask at once; a fetch that breaks off leaves nothing behind.
 *
 * @throws {JavaMissing} when `mvn` is not there
 * @throws {KafkaJarsFailed} when Maven fails
 */
export async function fetchKafkaJars(
  onProgress: OnProgress = () => {},
  version: string = process.env.KAFKA_VERSION || DEFAULT_KAFKA_VERSION,
): Promise<KafkaJars> {
  const directory = join(cacheDirectory(), 'kafka', version)
  const libs = join(directory, 'libs')
  if (!existsSync(libs)) {
    await mkdir(directory, { recursive: true })
    const work = await mkdtemp(join(directory, 'fetch-'))
    try {
      await runMaven(version, work, onProgress)
      await moveUnlessThere(join(work, 'libs'), libs)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }
  const jars = (await readdir(libs)).filter((file) => file.endsWith('.jar')).sort()
  return { version, directory, classPath: jars.map((file) => join(libs, file)).join(':') }
}

async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    // Another process fetched the same version meanwhile; its folder is as good.
    if (!existsSync(to)) throw error
  }
}

async function runMaven(version: string, work: string, onProgress: OnProgress): Promise<void> {
  await writeFile(join(work, 'pom.xml'), pom(version))
  onProgress(`Kafka ${version}: fetching the jars through Maven (once, 43 MB)`)
  const child = spawnWatched(
    'mvn',
    ['-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=libs'],
    {
      cwd: work,
      folder: work,
    },
  )
  const progress = createProgress(version, onProgress)
  child.stdout?.setEncoding('utf8').on('data', progress.add)
  child.stderr?.setEncoding('utf8').on('data', progress.add)
  const [code] = await once(child, 'close')
  if (code === 127) throw new JavaMissing('the program mvn is not on the PATH')
  if (code !== 0) {
    const output = progress.output()
    if (/JAVA_HOME|java: not found/.test(output)) throw new JavaMissing('mvn found no Java (JAVA_HOME or the PATH)')
    throw new KafkaJarsFailed(version, output.trim().split('\n').slice(-15).join('\n'))
  }
  onProgress(`Kafka ${version}: ${progress.copied()} jars are ready`)
}

/** Turns what Maven writes into a line for every ten jars. */
function createProgress(version: string, onProgress: OnProgress) {
  let output = ''
  let downloaded = 0
  const copied = () => occurrences(output, /Copying .*\.jar to /g)
  return {
    copied,
    output: () => output,
    add(text: string) {
      output += text
      const now = occurrences(output, /Downloaded from .*\.jar/g)
      if (now < downloaded + 10) return
      downloaded = now
      onProgress(`Kafka ${version}: ${downloaded} jars downloaded`)
    },
  }
}

const occurrences = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

const pom = (version: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`
