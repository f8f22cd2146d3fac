import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { requireTool, startToxiproxy, type Toxiproxy } from '@sluice/harness'
import { closed } from './support/closed.ts'

const toxiproxy = requireTool('toxiproxy-server')

describe('a proxy that makes a link bad', { skip: toxiproxy.skip }, () => {
  const accepted: Socket[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    accepted.push(socket)
  })
  let proxies: Toxiproxy
  before(async () => {
    proxies = await startToxiproxy()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    for (const socket of accepted) socket.destroy()
    server.close()
    await proxies?.stop()
  })

  it('is mended while it holds bytes that nobody takes, and listens where it did', async () => {
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const proxy = await proxies.proxy('held', `127.0.0.1:${address.port}`)
    await proxy.add({ type: 'latency', stream: 'upstream', attributes: { latency: 1 } })
    const open = async (): Promise<Socket> => {
      const socket = connect(Number(proxy.address.split(':').at(-1)), '127.0.0.1')
      socket.on('error', () => {})
      const [[reached]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')])
      assert.equal(reached, accepted.at(-1))
      return socket
    }

    const stuck = await open()
    // more than the kernel's buffers and the proxy's take together
    stuck.write(Buffer.alloc(64 * 1024 * 1024))
    let isMended = false
    const mended = proxy.heal().finally(() => {
      isMended = true
    })
    // What comes during that waits for a lock, which the stuck connection keeps.
    const early: Socket[] = []
    while (!isMended) {
      early.push(connect(Number(proxy.address.split(':').at(-1)), '127.0.0.1').on('error', () => {}))
      await delay(50)
    }
    await mended
    for (const socket of early) socket.destroy()
    stuck.destroy()

    const next = await open()
    next.write('whole')
    accepted.at(-1)?.resume()
    const [bytes] = await once(accepted.at(-1) ?? server, 'data')
    assert.equal(String(bytes), 'whole')
    next.destroy()
  })

  it('refuses connections while it is down, and listens where it did', async () => {
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const proxy = await proxies.proxy('down', `127.0.0.1:${address.port}`)
    const port = Number(proxy.address.split(':').at(-1))
    const open = connect(port, '127.0.0.1')
    await once(open, 'connect')
    const gone = closed(open)
    await proxy.down()
    await gone
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
    await proxy.heal()
    const again = connect(port, '127.0.0.1')
    await once(again, 'connect')
    again.destroy()
  })
})
