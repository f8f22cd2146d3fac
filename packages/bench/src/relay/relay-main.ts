// Run by start-relay.ts as `relay-main.ts <brokers> <topic>`: prints the port it listens on.
import { connectLeader } from '../kafka/connect-leader.ts'
import { fetchRequest } from '../kafka/requests.ts'
import { listenBare } from '../listen.ts'
import { answerWithRecord, readFetchCommand } from './messages.ts'

const [brokers = '', topic = ''] = process.argv.slice(2)
const kafka = await connectLeader(brokers, topic)
const server = await listenBare()

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
