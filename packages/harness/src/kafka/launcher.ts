import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choosePorts } from '../ports.ts'
import { type CertificateSet, makeCertificates } from '../tls/certificates.ts'
import {
  type BrokerProcess,
  type BrokerProcessOptions,
  createBroker,
  formatStorage,
  type KafkaBroker,
} from './broker.ts'
import { type Bootstrap, createCluster, type KafkaCluster, type KafkaDescription } from './cluster.ts'
import { KafkaStartFailed } from './errors.ts'
import { fetchKafkaJars, type OnProgress } from './jars.ts'
import { findJava } from './java.ts'
import { type BrokerListener, type BrokerPorts, type ListenerName, needsTls, renderProperties } from './properties.ts'
import { DEFAULT_USERS, type KafkaUser, scramArguments } from './users.ts'

export interface KafkaOptions {
  /** Of Kafka, such as `3.9.2`; what `KAFKA_VERSION` says by default, or 4.1.1. */
  readonly version?: string
  /** `['PLAINTEXT']` by default. */
  readonly listeners?: readonly ListenerName[]
  /** Users of PLAIN and SCRAM; `DEFAULT_USERS` by default. */
  readonly users?: readonly KafkaUser[]
  /** How many nodes, each broker and controller: 1 (the default) or 3. */
  readonly brokers?: 1 | 3
  /** Of the PLAINTEXT listener of the first broker; a free one is taken by default, and where this one is taken. */
  readonly plaintextPort?: number | undefined
  /** For the SSL listeners; made when absent. */
  readonly tls?: CertificateSet
  /**
   * Says where clients are told to find a listener, `host:port`, such as a fault proxy in front of it; that is in `bootstrap`
   * then too. Asked again when a port turned out to be taken.
   */
  readonly advertise?: (listener: AdvertisedListener) => Promise<string>
  /** Settings of Kafka that win over ours, such as `connections.max.reauth.ms`; of each broker where it is a function. */
  readonly properties?: Properties | ((brokerId: number) => Properties)
  /** Told what takes its time. */
  readonly onProgress?: OnProgress
  /** Where data is kept after the stop; by default a temporary folder, removed. */
  readonly dataDir?: string
  /** System properties of each broker's JVM. */
  readonly systemProperties?: Readonly<Record<string, string>>
  /** Of each JVM, `384m` by default. */
  readonly heap?: string
  /** Runs it as fast as in production instead of starting it quickly: for benchmarks. False by default. */
  readonly fullSpeed?: boolean
  /** Gives up starting, and leaves nothing behind. */
  readonly signal?: AbortSignal
}

/** Settings of Kafka by their names. */
type Properties = Readonly<Record<string, string>>

/** A listener of one broker, for `advertise`. */
export interface AdvertisedListener {
  readonly brokerId: number
  readonly name: ListenerName
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
}

export interface KafkaHandle extends KafkaCluster {
  readonly brokers: readonly KafkaBroker[]
  /** Stops every broker and removes temporary data. May be called twice. */
  stop(): Promise<void>
}

const PORT_ATTEMPTS = 4

/**
 * Starts a real Kafka in KRaft mode on ports of 127.0.0.1 and resolves when it serves. Its processes die with this
 * one, however this one dies. Several may run at once.
 *
 * @throws {JavaMissing} without Java, or without Maven when the jars are not cached yet
 * @throws {KafkaJarsFailed} when Maven cannot fetch the jars
 * @throws {KafkaStartFailed} with the broker's last lines
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaHandle> {
  const java = findJava()
  const jars = await fetchKafkaJars(options.onProgress, options.version)
  options.signal?.throwIfAborted()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kafka-'))
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        // The port that was wished for may be the one that is taken.
        const wished = attempt === 1 ? options : { ...options, plaintextPort: undefined }
        return await startOnce(wished, { java, jars }, folder)
      } catch (error) {
        const taken = error instanceof KafkaStartFailed && error.output.includes('Address already in use')
        if (!taken || attempt === PORT_ATTEMPTS) throw error
        await rm(join(folder, 'data'), { recursive: true, force: true })
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function startOnce(
  options: KafkaOptions,
  { java, jars }: Pick<BrokerProcessOptions, 'java' | 'jars'>,
  folder: string,
): Promise<KafkaHandle> {
  const { listeners = ['PLAINTEXT'], users = DEFAULT_USERS, brokers: amount = 1, properties = {}, onProgress } = options
  const tls = options.tls ?? (listeners.some(needsTls) ? await makeCertificates(join(folder, 'tls')) : undefined)
  const ports = await advertised(await portsFor(amount, listeners, options.plaintextPort), options.advertise)
  const voters = ports.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`)
  const dataRoot = options.dataDir ?? join(folder, 'data')
  const started = performance.now()
  onProgress?.(`Kafka ${jars.version}: starting ${amount === 1 ? 'a broker' : `${amount} brokers`}`)

  const prepare = async (own: BrokerPorts, index: number): Promise<BrokerProcessOptions> => {
    const id = index + 1
    const dataDirectory = join(dataRoot, `broker-${id}`)
    const propertiesFile = join(folder, `broker-${id}.properties`)
    await mkdir(dataDirectory, { recursive: true })
    const settings = typeof properties === 'function' ? properties(id) : properties
    await writeFile(
      propertiesFile,
      renderProperties({ nodeId: id, ports: own, voters, dataDirectory, users, tls, properties: settings }),
    )
    const { heap = '384m', fullSpeed = false, systemProperties = {} } = options
    const jvm = { heap, fullSpeed }
    return { id, java, jars, jvm, systemProperties, propertiesFile, dataDirectory, folder, record: amount === 1 }
  }
  const prepared = await Promise.all(ports.map(prepare))
  const [clusterId, scram] = [newClusterId(), scramArguments(users)]
  await Promise.all(prepared.map((each) => formatStorage(each, clusterId, scram)))
  const brokers = prepared.map(createBroker)
  await startAll(brokers, options.signal)
  onProgress?.(`Kafka ${jars.version}: serving after ${((performance.now() - started) / 1000).toFixed(1)} s`)

  const keepsData = options.dataDir !== undefined
  return handleOf(brokers, { folder, keepsData }, { bootstrap: bootstrapOf(ports), users, ...(tls && { tls }) })
}

/** Controllers elect a leader together, so all start at once; when one fails, the others are not left behind. */
async function startAll(brokers: readonly BrokerProcess[], signal: AbortSignal | undefined): Promise<void> {
  try {
    await Promise.all(brokers.map((broker) => broker.start(signal)))
  } catch (error) {
    await Promise.all(brokers.map((broker) => broker.kill()))
    throw error
  }
}

function handleOf(
  brokers: readonly BrokerProcess[],
  { folder, keepsData }: { folder: string; keepsData: boolean },
  description: KafkaDescription,
): KafkaHandle {
  // Nodes that all leave at once wait for each other; where nothing is kept there is nothing to wait for.
  const end = (broker: BrokerProcess) => (brokers.length > 1 && !keepsData ? broker.kill() : broker.stop())
  const client = createCluster(description)
  let stopping: Promise<void> | undefined
  return {
    ...client.cluster,
    brokers,
    stop() {
      stopping ??= (async () => {
        await client.close()
        await Promise.all(brokers.map(end))
        await rm(folder, { recursive: true, force: true })
      })()
      return stopping
    },
  }
}

async function portsFor(
  amount: number,
  listeners: readonly ListenerName[],
  plaintextPort: number | undefined,
): Promise<BrokerPorts[]> {
  const each = listeners.length + 2
  const free = await choosePorts(amount * each)
  return Array.from({ length: amount }, (_, index) => {
    const [controller = 0, internal = 0, ...others] = free.slice(index * each, (index + 1) * each)
    const wished = (name: ListenerName) => (index === 0 && name === 'PLAINTEXT' ? plaintextPort : undefined)
    return {
      controller,
      internal,
      listeners: listeners.map((name, i) => ({ name, port: wished(name) ?? others[i] ?? 0 })),
    }
  })
}

async function advertised(ports: BrokerPorts[], advertise: KafkaOptions['advertise']): Promise<BrokerPorts[]> {
  if (!advertise) return ports
  const listener = async (each: BrokerListener, brokerId: number): Promise<BrokerListener> => ({
    ...each,
    advertised: await advertise({ ...each, brokerId }),
  })
  return Promise.all(
    ports.map(async (own, index) => ({
      ...own,
      listeners: await Promise.all(own.listeners.map((each) => listener(each, index + 1))),
    })),
  )
}

const BOOTSTRAP_KEYS = {
  PLAINTEXT: 'plaintext',
  SSL: 'ssl',
  SASL_PLAINTEXT: 'saslPlaintext',
  SASL_SSL: 'saslSsl',
} as const

function bootstrapOf(ports: readonly BrokerPorts[]): Bootstrap {
  const address = ({ port, advertised = `127.0.0.1:${port}` }: Omit<BrokerListener, 'name'>) => advertised
  const list = (listener: (own: BrokerPorts) => Omit<BrokerListener, 'name'> | undefined) =>
    ports.map((own) => address(listener(own) ?? { port: 0 })).join(',')
  const names = ports[0]?.listeners.map(({ name }) => name) ?? []
  return {
    internal: list((own) => ({ port: own.internal })),
    ...Object.fromEntries(
      names.map((name) => [BOOTSTRAP_KEYS[name], list((own) => own.listeners.find((each) => each.name === name))]),
    ),
  }
}

/** A KRaft cluster id: 16 bytes in URL-safe base64; a leading dash would look like an option to the storage tool. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}
