// Reads a Kafka topic through Sluice: protobuf in binary frames. Node 20 or newer, after `npm start` or `npm install`.
//
//   node docs/examples/read.mjs ws://127.0.0.1:9080/kafka sluice-demo --from earliest --follow
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import protobuf from 'protobufjs'
import WebSocket from 'ws'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string', default: 'earliest' }, // earliest, latest or an offset
    partition: { type: 'string', default: '0' },
    follow: { type: 'boolean', default: false }, // wait for new records at the end of the log
  },
})
const [url, topic] = positionals
if (url === undefined || topic === undefined) {
  console.error('usage: read.mjs <url> <topic> [--from earliest|latest|<offset>] [--partition <n>] [--follow]')
  process.exit(2)
}

const protoFile = fileURLToPath(new URL('../../proto/pubsub.proto', import.meta.url))
const proto = await new protobuf.Root().load(protoFile, { keepCase: true })
const [Request, Response] = [proto.lookupType('PubSubReq'), proto.lookupType('PubSubResp')]

const socket = new WebSocket(url)
await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
socket.on('close', (code, reason) => {
  console.error(`closed by the gateway: ${code} ${reason}`)
  process.exit(1)
})

let sequence = 0
/** Sends one command and waits for its answer. 64-bit integers are decimal strings: they do not fit a number. */
async function ask(command) {
  const request = Request.fromObject({ sequence: ++sequence, ...command })
  const answered = new Promise((resolve) => socket.once('message', resolve))
  socket.send(Request.encode(request).finish())
  const response = Response.toObject(Response.decode(await answered), { longs: String, arrays: true, defaults: true })
  if (response.error_resp) throw new Error(`error ${response.error_resp.code}: ${response.error_resp.message}`)
  return response
}

const partition = Number(flags.partition)
const timestamps = { earliest: -2, latest: -1 }
let offset = flags.from
if (flags.from in timestamps) {
  const command = { topic, partition, timestamp: timestamps[flags.from] }
  offset = (await ask({ cmd_kafka_list_offset: command })).kafka_list_offset_resp.offset
}

const text = new TextDecoder()
for (;;) {
  // At the end of the log the answer is empty, at once or after max_wait_ms.
  const wait = flags.follow ? { max_wait_ms: 5000 } : {}
  const { messages } = (await ask({ cmd_kafka_fetch: { topic, partition, offset, ...wait } })).kafka_fetch_resp
  for (const { offset, timestamp, key, value } of messages) {
    const time = new Date(Number(timestamp)).toISOString()
    console.log(`${offset}  ${time}  ${text.decode(key)}  ${text.decode(value)}`)
  }
  const last = messages.at(-1)
  if (last !== undefined) offset = String(BigInt(last.offset) + 1n)
  else if (!flags.follow) break
}
socket.removeAllListeners('close').close()
