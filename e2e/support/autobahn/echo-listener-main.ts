// Run by echo-listener.ts as `echo-listener-main.ts <largest message>`: the real listener with a scheme that sends back what
// it gets, for tools that speak WebSocket and nothing above it.
import { createRegistry } from '@sluice/core'
import { createDataPlane } from '@sluice/server'
import { type Log, type Metrics, type Scheme, spiVersion } from '@sluice/spi'
import { Type } from 'typebox'

const echo: Scheme = {
  kind: 'scheme',
  spi: spiVersion,
  name: 'echo',
  options: Type.Object({}),
  usage: 'open a WebSocket and send anything',
  create: () => ({
    open(_ctx, socket) {
      let waiting = 0
      socket.onMessage((data, isText) => {
        // The suite sends whole messages faster than it reads.
        waiting++
        socket.pause()
        const taken = (): void => {
          waiting--
          if (waiting === 0) socket.resume()
        }
        socket.send(data, [], taken, isText)
      })
      socket.onClose(() => {})
      return { drain: (done) => done() }
    },
    close() {},
  }),
}

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: console.warn, error: console.error }
const metric = { add: nothing, observe: nothing }
const metrics: Metrics = { counter: () => metric, gauge: () => metric, histogram: () => metric }

const plane = createDataPlane({
  registry: createRegistry([echo], []),
  decrypt: (text) => text,
  log,
  metrics,
  limits: {
    commandsInFlight: 16,
    outputQueueBytes: 1 << 20,
    stallMs: 10_000,
    messageBytes: Number(process.argv[2]),
  },
  pingMs: 30_000,
})
const value = { uri: '/', upstream: { scheme: 'echo', type: 'none', nodes: { '127.0.0.1:1': 1 } } }
plane.apply({ revision: 1, entries: [{ key: '/routes/1', value, createdIndex: 1, modifiedIndex: 1 }] })
const { host, port } = await plane.listen({ host: '127.0.0.1', port: 0 })
process.send?.(`ws://${host}:${port}`)
process.on('disconnect', () => process.exit())
