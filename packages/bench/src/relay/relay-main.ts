// Run by start-relay.ts as `relay-main.ts <brokers> <topic>`: prints the port it listens on.
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import { connectLeader } from '../kafka/connect-leader.ts'
import { fetchRequest } from '../kafka/requests.ts'
import { answerWithRecord, readFetchCommand } from './messages.ts'

const [brokers = '', topic = ''] = process.argv.slice(2)
const kafka = await connectLeader(brokers, topic)
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    if (!Buffer.isBuffer(data)) throw new TypeError('ws gives the message as a Buffer')
    const { sequence, offset, maxBytes } = readFetchCommand(data)
    const request = fetchRequest(topic, offset, maxBytes, (records) => answerWithRecord(sequence, offset, records))
    kafka.send(request).then(
      (answer) => socket.send(answer),
      () => socket.close(1011),
    )
  })
})

await once(server, 'listening')
const address = server.address()
if (typeof address !== 'object' || address === null) throw new TypeError('the relay listens on a port')
process.stdout.write(`${address.port}\n`)
process.on('disconnect', () => process.exit())
