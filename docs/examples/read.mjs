// Reads a Kafka topic through Sluice: protobuf in binary frames. Node 20 or newer, after `npm start` or `npm install`.
//
//   node docs/examples/read.mjs ws://127.0.0.1:9080/kafka sluice-demo --from earliest --follow
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import protobuf from 'protobufjs'
import WebSocket from 'ws'

const usage =
  'usage: read.mjs <url> <topic> [--from earliest|latest|<offset>] [--partition <n>] [--follow]\n' +
  '--follow waits for new records at the end of the log'

/** Ends with one line that says why. */
function fail(text) {
  console.error(text)
  process.exit(1)
}

function readFlags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        from: { type: 'string', default: 'earliest' },
        partition: { type: 'string', default: '0' },
        follow: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    const [firstSentence] = error.message.split(/\.\s/)
    return fail(`${firstSentence}; read.mjs --help lists the flags`)
  }
}

const { values: flags, positionals } = readFlags()
if (flags.help) {
  console.log(usage)
  process.exit(0)
}
const [url, topic] = positionals
if (topic === undefined || positionals.length > 2) fail(usage)
if (!/^(earliest|latest|\d+)$/.test(flags.from)) fail(`--from ${flags.from} is none of earliest, latest and an offset`)
if (!/^\d+$/.test(flags.partition)) fail(`--partition ${flags.partition} is not a number from 0 on`)
if (!/^wss?:/.test(url) || !URL.canParse(url))
  fail(`${url} is not the address of a route, such as ws://127.0.0.1:9080/kafka`)

const protoFile = fileURLToPath(new URL('../../proto/pubsub.proto', import.meta.url))
const proto = await new protobuf.Root().load(protoFile, { keepCase: true })
const [Request, Response] = [proto.lookupType('PubSubReq'), proto.lookupType('PubSubResp')]

/** What the gateway says in a plain HTTP answer, before there is a WebSocket. */
async function failRefused(response) {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  try {
    body = JSON.parse(body).error_msg ?? body
  } catch {
    // What stands in front of the gateway may not answer in JSON.
  }
  fail(`refused with HTTP ${response.statusCode}: ${body.trim()}`)
}

const socket = new WebSocket(url)
socket.on('unexpected-response', (_request, response) => failRefused(response))
socket.on('error', ({ message, code }) => fail(`cannot read from ${url}: ${message || code}`))
socket.on('close', (code, reason) => fail(`closed by the gateway: ${code} ${reason}`))
await new Promise((resolve) => socket.once('open', resolve))

let sequence = 0
/** Sends one command and waits for its answer. 64-bit integers are decimal strings: they do not fit a number. */
async function ask(command) {
  const request = Request.fromObject({ sequence: ++sequence, ...command })
  const answered = new Promise((resolve) => socket.once('message', resolve))
  socket.send(Request.encode(request).finish())
  const response = Response.toObject(Response.decode(await answered), { longs: String, arrays: true, defaults: true })
  if (response.error_resp) fail(`error ${response.error_resp.code}: ${response.error_resp.message}`)
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
