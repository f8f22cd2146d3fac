import { createServer, type Socket } from 'node:net'

/** A listener on 127.0.0.1. */
export interface OldBroker {
  /** `host:port` */
  readonly address: string
  close(): Promise<void>
}

/** ApiVersions in a version that it does not know: UNSUPPORTED_VERSION, and an empty list. */
const REFUSAL = Buffer.from('002300000000', 'hex')
/** ApiVersions v0: 21 APIs, among them Fetch v0 to v3, ListOffsets v0 to v1 and Metadata v0 to v2. */
const VERSIONS = Buffer.from(
  `0000 00000015 000000000002 000100000003 000200000001 000300000002 000400000000 000500000000 000600000003 000700010001
  000800000002 000900000002 000a00000000 000b00000001 000c00000000 000d00000000 000e00000000 000f00000000 001000000000
  001100000000 001200000000 001300000001 001400000000`.replaceAll(/\s/g, ''),
  'hex',
)

/**
 * Answers ApiVersions, and nothing else, byte for byte as Kafka 0.10.2.2 was seen to do; that one needs ZooKeeper and a Java
 * older than what the tests run on. Kafka 0.9 knows no ApiVersions and ends the connection.
 */
export async function openOldBroker(version: '0.9' | '0.10'): Promise<OldBroker> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const request = received.subarray(4, 4 + received.readInt32BE(0))
        received = received.subarray(4 + request.length)
        const [apiKey, apiVersion] = [request.readInt16BE(0), request.readInt16BE(2)]
        if (version === '0.9' || apiKey !== 18) return socket.destroy()
        const body = apiVersion === 0 ? VERSIONS : REFUSAL
        const length = Buffer.alloc(4)
        length.writeInt32BE(4 + body.length)
        socket.write(Buffer.concat([length, request.subarray(4, 8), body]))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    address: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
