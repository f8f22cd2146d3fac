// Reads a Kafka topic through Sluice with JSON in text frames: no protobuf, no generated code.
//
//   node docs/examples/read-json.mjs ws://127.0.0.1:9080/kafka sluice-demo
import WebSocket from 'ws'

/** Ends with one line that says why. */
function fail(text) {
  console.error(text)
  process.exit(1)
}

const [url, topic] = process.argv.slice(2)
if (topic === undefined || !/^wss?:/.test(url) || !URL.canParse(url)) fail('usage: read-json.mjs <ws://…> <topic>')

const socket = new WebSocket(url)
// 64-bit integers are strings in JSON, bytes are base64.
const fetchFrom = (offset) =>
  socket.send(JSON.stringify({ sequence: '1', cmd_kafka_fetch: { topic, partition: 0, offset: String(offset) } }))

socket.on('open', () => fetchFrom(0n))
socket.on('message', (data) => {
  const { error_resp, kafka_fetch_resp } = JSON.parse(data)
  if (error_resp) fail(`error ${error_resp.code}: ${error_resp.message}`)
  const { messages } = kafka_fetch_resp
  for (const { offset, value } of messages) console.log(`${offset}  ${Buffer.from(value, 'base64')}`)
  const last = messages.at(-1)
  if (last === undefined) socket.removeAllListeners('close').close()
  else fetchFrom(BigInt(last.offset) + 1n)
})
socket.on('unexpected-response', async (_request, response) => {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  fail(`refused with HTTP ${response.statusCode}: ${body.trim()}`)
})
socket.on('error', ({ message, code }) => fail(`cannot read from ${url}: ${message || code}`))
socket.on('close', (code, reason) => fail(`closed by the gateway: ${code} ${reason}`))
