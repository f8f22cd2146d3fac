import { once } from 'node:events'
import { connect } from 'node:net'
import { addAbortSignal, type Duplex } from 'node:stream'

const timeoutMs = 5000

/**
 * Resolves where one of the brokers serves Kafka without TLS and authentication.
 *
 * @param brokers `host:port[,host:port]`
 * @throws Error which says whether nothing listens there or something else does
 */
export async function checkBrokers(brokers: string): Promise<void> {
  const addresses = brokers.split(',')
  const found = await Promise.all(addresses.map(checkBroker))
  if (found.includes('kafka')) return
  const other = addresses[found.indexOf('other')]
  if (other === undefined) {
    throw new Error(
      `no broker of KAFKA_BROKERS=${brokers} takes connections; start Kafka there or correct the addresses`,
    )
  }
  throw new Error(
    `${other} of KAFKA_BROKERS takes connections but does not answer as Kafka; a TLS or SASL port? Only PLAINTEXT works here`,
  )
}

async function checkBroker(broker: string): Promise<'kafka' | 'other' | 'unreachable'> {
  const { hostname, port } = new URL(`tcp://${broker}`)
  const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    await once(socket, 'connect', { signal })
  } catch {
    socket.destroy()
    return 'unreachable'
  }
  return (await answersAsKafka(socket, signal)) ? 'kafka' : 'other'
}

/**
 * Asks for ApiVersions and then for Metadata of no topic: a SASL listener answers the first also before authentication
 * and closes at the second. Ends the connection.
 *
 * @param signal ends the wait for an answer
 */
export async function answersAsKafka(connection: Duplex, signal: AbortSignal): Promise<boolean> {
  // The loop ends with every failure; what fails later concerns nobody.
  connection.on('error', () => {})
  addAbortSignal(signal, connection)
  try {
    connection.write(Buffer.concat([request(apiVersions, 0, 1), request(metadata, 1, 2, noTopics)]))
    let received: Buffer = Buffer.alloc(0)
    for await (const chunk of connection) {
      received = Buffer.concat([received, chunk])
      const answers = correlationIds(received)
      if (answers.some((id, index) => id !== index + 1)) return false
      if (answers.length === 2) return true
    }
    return false
  } catch {
    return false
  } finally {
    connection.destroy()
  }
}

// Keys of the Kafka protocol's requests.
const apiVersions = 18
const metadata = 3

// An array without elements.
const noTopics = Buffer.alloc(4)

/** A request with the header of version 1 and no client id. */
function request(apiKey: number, version: number, correlationId: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(14)
  header.writeInt32BE(header.length - 4 + body.length, 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(version, 6)
  header.writeInt32BE(correlationId, 8)
  header.writeInt16BE(-1, 12)
  return Buffer.concat([header, body])
}

/** Of the responses that have begun; what is no response gives a number that was never sent. */
function correlationIds(received: Buffer): number[] {
  const ids: number[] = []
  for (let start = 0; received.length >= start + 8; start += 4 + received.readUInt32BE(start)) {
    ids.push(received.readInt32BE(start + 4))
  }
  return ids
}
