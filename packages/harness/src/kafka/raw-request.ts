import { connect } from 'node:net'

/**
 * Sends a broker one request, header included, and gives its answer from the correlation id on.
 *
 * @param broker `host:port` of a listener without TLS and authentication
 */
export async function askBroker(broker: string, request: Buffer): Promise<Buffer> {
  const [host, port] = broker.split(':')
  const socket = connect(Number(port), host)
  try {
    socket.write(Buffer.concat([int32(request.length), request]))
    let received = Buffer.alloc(0)
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk])
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) return received.subarray(4)
    }
    throw new Error(`broker ${broker} closed the connection`)
  } finally {
    socket.destroy()
  }
}

const written = (bytes: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(bytes)
  write(buffer)
  return buffer
}
export const int8 = (value: number) => written(1, (buffer) => buffer.writeInt8(value))
export const int16 = (value: number) => written(2, (buffer) => buffer.writeInt16BE(value))
export const int32 = (value: number) => written(4, (buffer) => buffer.writeInt32BE(value))
export const float64 = (value: number) => written(8, (buffer) => buffer.writeDoubleBE(value))
export const boolean = (value: boolean) => int8(value ? 1 : 0)
export const text = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])
