// Run by start-bare.ts as `bare-main.ts echo|fan-out`: prints the port it listens on.
import { listenBare } from '../listen.ts'
import { valueOfNow } from '../load/produce-time.ts'
import { recordAnswer } from '../relay/messages.ts'
import type { BareRequest } from './start-bare.ts'

const [mode] = process.argv.slice(2)
const server = await listenBare()
let sent = 0

server.on('connection', (socket) => {
  // A follower's fetch is not answered before there is something to send.
  socket.on('message', (data) => {
    if (mode === 'echo') socket.send(data)
  })
})

function send(valueBytes: number): void {
  const answer = recordAnswer(sent + 1, sent, valueOfNow(valueBytes))
  sent++
  for (const client of server.clients) client.send(answer)
}

process.on('message', (request: BareRequest) => {
  if (request.kind === 'send') return send(request.valueBytes)
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() })
})
