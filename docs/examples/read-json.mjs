// Reads a Kafka topic through Sluice with JSON in text frames: no protobuf, no generated code.
//
//   node docs/examples/read-json.mjs ws://127.0.0.1:9080/kafka sluice-demo
import WebSocket from 'ws'

const [url, topic] = process.argv.slice(2)
if (url === undefined || topic === undefined) {
  console.error('usage: read-json.mjs <url> <topic>')
  process.exit(2)
}

const socket = new WebSocket(url)
// 64-bit integers are strings in JSON, bytes are base64.
const fetchFrom = (offset) =>
  socket.send(JSON.stringify({ sequence: '1', cmd_kafka_fetch: { topic, partition: 0, offset: String(offset) } }))

socket.on('open', () => fetchFrom(0n))
socket.on('message', (data) => {
  const { error_resp, kafka_fetch_resp } = JSON.parse(data)
  if (error_resp) console.error(`error ${error_resp.code}: ${error_resp.message}`)
  const messages = kafka_fetch_resp?.messages ?? []
  for (const { offset, value } of messages) console.log(`${offset}  ${Buffer.from(value, 'base64')}`)
  const last = messages.at(-1)
  if (last === undefined) socket.close()
  else fetchFrom(BigInt(last.offset) + 1n)
})
socket.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})
