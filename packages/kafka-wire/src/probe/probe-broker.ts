import type { Duplex } from 'node:stream'
import { askVersions } from '../ask-versions.ts'
import { withCommand } from '../bounded-command.ts'
import { brokerName } from '../broker-name.ts'
import type { BrokerNode } from '../cluster-options.ts'
import type { Command } from '../command.ts'
import { connectError, phaseOf } from '../connect-error.ts'
import { KafkaConnection } from '../connection.ts'
import type { Dial, DialTarget, TlsOptions } from '../dial.ts'
import { KafkaError } from '../errors.ts'
import type { VersionRange } from '../messages/api-versions.ts'
import { FETCH } from '../messages/fetch-question.ts'
import { LIST_OFFSETS } from '../messages/list-offsets.ts'
import { METADATA } from '../messages/metadata.ts'
import type { SaslOptions } from '../sasl/create-exchange.ts'
import { SlabPool } from '../slab-pool.ts'
import { chooseVersion } from '../versions.ts'
import { type TlsFacts, tlsFacts } from './certificate-facts.ts'
import { probeSasl } from './probe-sasl.ts'
import { type Learn, type ProbeFacts, type ProbeStep, type ProbeStepName, ProbeSteps } from './probe-steps.ts'
import { probeTopic } from './probe-topic.ts'

/** How a broker is tried. */
export interface ProbeOptions {
  readonly dial: Dial
  readonly tls: TlsOptions | undefined
  readonly sasl: SaslOptions | undefined
  /** That is asked for, and for the right to read it; none is by default. */
  readonly topic: string | undefined
  /** For all steps together, in milliseconds. */
  readonly timeoutMs: number
}

// Metadata of a topic with as many partitions as a broker can have.
const MAX_FRAME_BYTES = 16 * 1024 * 1024

/**
 * Tries one broker on a connection of its own, step by step as a reader would get into it, until one fails. A connection
 * that the configuration gives credentials for gets them; nothing is read or written. Nothing stays open.
 */
export async function probeBroker(node: BrokerNode, options: ProbeOptions): Promise<readonly ProbeStep[]> {
  const { tls, timeoutMs } = options
  const endsAt = performance.now() + timeoutMs
  const steps = new ProbeSteps()
  const stream = await connect(node, options, steps)
  if (stream === undefined) return steps.done
  const connection = new KafkaConnection(stream, {
    broker: brokerName(node.host, node.port),
    clientId: 'sluice',
    pool: new SlabPool({ maxPooledBytes: 0 }),
    maxFrameBytes: MAX_FRAME_BYTES,
    maxInFlight: 1,
    // Later than the deadline, which then is what ended it.
    stallTimeoutMs: 2 * timeoutMs,
    clientCertificate: tls?.cert,
  })
  try {
    const left = Math.round(Math.max(0, endsAt - performance.now()))
    await withCommand({ timeoutMs: left }, (command) => talk(connection, options, steps, command))
  } finally {
    connection.close()
    await connection.gone
  }
  return steps.done
}

async function connect(node: BrokerNode, options: ProbeOptions, steps: ProbeSteps): Promise<Duplex | undefined> {
  const { dial, tls, timeoutMs } = options
  const endsAt = performance.now() + timeoutMs
  const target: DialTarget = {
    ...node,
    advertised: false,
    timeoutMs,
    ...(tls && { tls }),
    onStep: (done) => (done.phase === 'dns' ? steps.end('dns', { addresses: done.addresses }) : steps.end('tcp')),
  }
  try {
    const stream = await dial(target)
    if (tls === undefined) steps.end('tcp')
    else steps.end('tls', withTls(tlsFacts(stream)))
    return stream
  } catch (rejection) {
    const error = connectError(rejection, target)
    const facts = error.code === 'KAFKA_TLS_FAILED' ? withTls(await shownTls(target, dial, endsAt)) : {}
    steps.end(phaseOf(rejection) ?? 'tcp', facts, error)
    return undefined
  }
}

/** The certificate that is not acceptable, of another connection that gets no certificate of ours; undefined without one. */
async function shownTls(target: DialTarget, dial: Dial, endsAt: number): Promise<TlsFacts | undefined> {
  const { host, port, tls } = target
  const timeoutMs = endsAt - performance.now()
  if (timeoutMs <= 0) return undefined
  try {
    const serverName = tls?.serverName
    const unchecked = { verify: false, ...(tls?.ca && { ca: tls.ca }), ...(serverName && { serverName }) }
    const stream = await dial({ host, port, advertised: false, timeoutMs, tls: unchecked })
    const facts = tlsFacts(stream)
    stream.destroy()
    return facts
  } catch {
    return undefined
  }
}

function withTls(tls: TlsFacts | undefined): ProbeFacts {
  return tls === undefined ? {} : { tls }
}

async function talk(
  connection: KafkaConnection,
  { tls, sasl, topic }: ProbeOptions,
  steps: ProbeSteps,
  command: Command,
): Promise<void> {
  let versions: ReadonlyMap<number, VersionRange> = new Map()
  const run = (name: ProbeStepName, step: (learn: Learn) => Promise<void>) => runStep(steps, name, step)

  if (tls === undefined) connection.suspect('tls_expected')
  const speaks = await run('api_versions', async (learn) => {
    versions = await askVersions(connection, command)
    const spoken = [FETCH, LIST_OFFSETS, METADATA].map(
      (api) => [api.apiName, chooseVersion(versions, api, connection.broker)] as const,
    )
    learn({ versions: Object.fromEntries(spoken) })
  })
  if (!speaks || !(await run('sasl', (learn) => probeSasl({ connection, versions, command }, sasl, learn)))) return
  connection.suspect(undefined)
  if (topic !== undefined) await run('topic', (learn) => probeTopic({ connection, versions, command }, topic, learn))
}

/** Whether the step went well. */
async function runStep(
  steps: ProbeSteps,
  name: ProbeStepName,
  step: (learn: Learn) => Promise<void>,
): Promise<boolean> {
  let facts: ProbeFacts = {}
  try {
    await step((more) => {
      facts = { ...facts, ...more }
    })
    steps.end(name, facts)
    return true
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    steps.end(name, facts, error)
    return false
  }
}
