import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { DialStep } from '@sluice/spi'
import { knownLookup } from '../src/dial-socket.ts'
import { at, startDialling } from './support/fake-network.ts'

describe('a refused address', () => {
  it('is told with its resolved address, its class and what to set', async () => {
    const { network, upstream } = startDialling()
    network.names.set('evil.example', ['100.100.100.200'])
    network.names.set('many.example', ['10.0.0.1', '::', '127.0.0.1', '::1', '8.8.8.8'])
    const dial = upstream('198.18.9.9')
    await assert.rejects(dial(at('evil.example', true)), {
      name: 'DialFailed',
      phase: 'policy',
      message:
        'cannot connect to evil.example:9092: the egress policy refuses it: 100.100.100.200 is a cloud metadata address; ' +
        'if that is right, add it to egress.allow of the gateway',
    })
    await assert.rejects(dial(at('many.example', true)), {
      message:
        /refuses it: 10\.0\.0\.1 is a private address and no node of the upstream is private or loopback, :: is an unspecified address, 127\.0\.0\.1 is a loopback address and no node of the upstream is one, and 2 more; if that is right, add them to egress\.allow/,
    })
  })

  it('is logged once for an upstream and an address, and counted each time', async () => {
    const { upstream, warnings, count } = startDialling()
    const refuse = (dial: ReturnType<typeof upstream>, host: string) =>
      assert.rejects(dial(at(host, true)), { phase: 'policy' })
    await refuse(upstream('9.9.9.9'), '127.0.0.1')
    await refuse(upstream('9.9.9.9'), '127.0.0.1')
    await refuse(upstream('9.9.9.9'), '127.0.0.2')
    await refuse(upstream('8.8.8.8'), '127.0.0.1')
    assert.equal(count('upstream_dials_refused_total'), 4)
    assert.equal(count('upstream_dials_total'), 0)
    assert.deepEqual(warnings[0], {
      message: 'the egress policy refuses an address that an upstream advertises',
      fields: {
        upstream: ['9.9.9.9:9092'],
        address: '127.0.0.1:9092',
        reason:
          '127.0.0.1 is a loopback address and no node of the upstream is one; if that is right, add it to egress.allow of the gateway',
      },
    })
    assert.equal(warnings.length, 3)
  })
})

describe('a dial', () => {
  it('keeps the name of the target for TLS', async () => {
    const { network, upstream } = startDialling()
    network.names.set('kafka.example', ['8.8.8.8'])
    ;(await upstream('kafka.example')(at('kafka.example', true, { tls: { verify: true } }))).destroy()
    const [connection] = network.connections
    assert.equal(connection?.target.host, 'kafka.example')
    assert.deepEqual(connection?.addresses, ['8.8.8.8'])
  })

  it('fails in the step it was at, and is counted there', async () => {
    const { network, upstream, count } = startDialling()
    const dial = upstream('kafka.example')
    await assert.rejects(dial(at('kafka.example', false)), {
      phase: 'dns',
      message: 'cannot connect to kafka.example:9092',
    })
    network.connect = () => {
      const socket = new Socket()
      process.nextTick(() => socket.destroy(new Error('nobody listens')))
      return socket
    }
    await assert.rejects(dial(at('9.9.9.9', false)), { phase: 'tcp' })
    assert.equal(count('upstream_dial_failures_total dns'), 1)
    assert.equal(count('upstream_dial_failures_total tcp'), 1)
    assert.equal(count('upstream_dials_total'), 2)
  })

  it('tells of each step that is done before the last one', async () => {
    const { network, upstream } = startDialling()
    network.names.set('kafka.example', ['8.8.8.8', '9.9.9.9'])
    const steps: DialStep[] = []
    const onStep = (step: DialStep): void => void steps.push(step)
    const dial = upstream('kafka.example', '8.8.8.8')
    ;(await dial(at('kafka.example', false, { tls: { verify: true }, onStep }))).destroy()
    assert.deepEqual(steps.splice(0), [{ phase: 'dns', addresses: ['8.8.8.8', '9.9.9.9'] }, { phase: 'tcp' }])
    ;(await dial(at('kafka.example', false, { onStep }))).destroy()
    assert.deepEqual(steps.splice(0), [{ phase: 'dns', addresses: ['8.8.8.8', '9.9.9.9'] }])
    // An address needs no lookup.
    ;(await dial(at('8.8.8.8', false, { onStep }))).destroy()
    assert.deepEqual(steps, [])
  })

  it('is given up with its signal while the name is looked up', async () => {
    const { network, upstream } = startDialling()
    const aborting = new AbortController()
    network.resolve = () => new Promise(() => {})
    const dialling = upstream('kafka.example')(at('kafka.example', false, { signal: aborting.signal }))
    aborting.abort(new Error('enough'))
    await assert.rejects(dialling, (error) => {
      assert.ok(error instanceof Error && error.cause instanceof Error)
      assert.equal(error.cause.message, 'enough')
      return true
    })
    assert.deepEqual(network.connections, [])
  })

  it('gives up when its time is over, the lookup included', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { network, upstream } = startDialling()
    network.resolve = () => new Promise(() => {})
    const dialling = upstream('kafka.example')(at('kafka.example', false, { timeoutMs: 3000 }))
    t.mock.timers.tick(3000)
    await assert.rejects(dialling, (error) => {
      assert.ok(error instanceof Error && error.cause instanceof Error && 'phase' in error)
      assert.deepEqual([error.phase, error.cause.name], ['dns', 'TimeoutError'])
      return true
    })
  })
})

describe('the lookup of a connection', () => {
  const ask = (addresses: { address: string; family: number }[], all: boolean) =>
    new Promise((resolve) => {
      knownLookup(addresses)('kafka.example', { all }, (error, address, family) => resolve([error, address, family]))
    })

  it('has all the addresses that were judged and no other', async () => {
    const addresses = [
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ]
    assert.deepEqual(await ask(addresses, true), [null, addresses, undefined])
    assert.deepEqual(await ask(addresses, false), [null, '10.0.0.1', 4])
  })

  it('fails without any', async () => {
    assert.deepEqual(await ask([], true), [new Error('kafka.example has no address'), '', undefined])
  })
})
