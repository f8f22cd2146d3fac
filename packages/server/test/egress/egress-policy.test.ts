import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dial } from '@sluice/spi'
import { type AddressClass, addressClass } from '../../src/egress/address-class.ts'
import { resolveHost } from '../../src/egress/resolve.ts'
import { at, startDialling } from '../support/fake-network.ts'
import { spellings } from './spellings.ts'

// A node of each class that a node usually has, and the classes that its brokers may then advertise.
const nodes: readonly (readonly [node: string, admitted: readonly AddressClass[]])[] = [
  ['127.0.0.1', ['loopback', 'private']],
  ['::1', ['loopback', 'private']],
  ['10.9.9.9', ['private']],
  ['fd12::9', ['private']],
  ['9.9.9.9', ['public']],
  ['2620:fe::9', ['public']],
  ['169.254.9.9', []],
  ['198.18.9.9', []],
]

async function outcome(dial: Dial, host: string): Promise<'dialled' | 'refused'> {
  try {
    ;(await dial(at(host, true))).destroy()
    return 'dialled'
  } catch (error) {
    assert.ok(error instanceof Error && 'phase' in error)
    assert.equal(error.phase, 'policy', error.message)
    return 'refused'
  }
}

describe('the egress policy', () => {
  for (const [host, address, expected] of spellings) {
    it(`judges ${host} as ${expected}`, async () => {
      assert.equal(addressClass(address), expected)
      for (const [node, admitted] of nodes) {
        const verdict = admitted.includes(expected) ? 'dialled' : 'refused'
        const asListener = startDialling()
        asListener.network.names.set(host, [address])
        assert.equal(await outcome(asListener.upstream(node), host), verdict, `advertised to node ${node}`)
        const asName = startDialling()
        asName.network.names.set('broker.example', [address])
        assert.equal(await outcome(asName.upstream(node), 'broker.example'), verdict, `by name to node ${node}`)
        for (const { network, count } of [asListener, asName]) {
          assert.deepEqual(
            network.connections.map(({ addresses }) => addresses),
            verdict === 'dialled' ? [[address]] : [],
          )
          assert.equal(count('upstream_dials_total'), verdict === 'dialled' ? 1 : 0)
          assert.equal(count('upstream_dials_refused_total'), verdict === 'refused' ? 1 : 0)
        }
      }
    })

    it(`dials ${host} where the operator wrote it`, async () => {
      const { network, upstream, count } = startDialling()
      network.names.set(host, [address])
      ;(await upstream(host)(at(host, false))).destroy()
      ;(await upstream(host)(at(host, true))).destroy()
      assert.deepEqual(
        network.connections.map(({ addresses }) => addresses),
        [[address], [address]],
      )
      assert.equal(count('upstream_dials_refused_total'), 0)
    })

    it(`dials ${host} where egress.allow has its address`, async () => {
      const [plain = ''] = address.split('%')
      const { network, upstream } = startDialling([plain])
      network.names.set(host, [address])
      assert.equal(await outcome(upstream('198.18.9.9'), host), 'dialled')
    })
  }

  it('has an address for what the system reads as one, whatever the spelling', async () => {
    for (const host of ['127.1', '0x7f000001', '2130706433', '0177.0.0.1']) {
      const found = await resolveHost(host)
      assert.ok(found.length > 0)
      for (const { address } of found) assert.equal(addressClass(address), 'loopback', `${host} is ${address}`)
    }
  })

  it('takes networks in egress.allow, also behind NAT64', async () => {
    const { network, upstream } = startDialling(['169.254.169.0/24', '2001:db8::/32'])
    const dial = upstream('9.9.9.9')
    assert.equal(await outcome(dial, '169.254.169.254'), 'dialled')
    assert.equal(await outcome(dial, '::ffff:a9fe:a9fe'), 'dialled')
    assert.equal(await outcome(dial, '64:ff9b::169.254.169.254'), 'dialled')
    assert.equal(await outcome(dial, '2001:db8:1::1'), 'dialled')
    assert.equal(await outcome(dial, '169.254.170.2'), 'refused')
    assert.equal(network.connections.length, 4)
  })

  it('judges an address that only shares the host, or only the port, with a node', async () => {
    const dial = startDialling().upstream('169.254.9.9')
    await assert.rejects(dial(at('169.254.9.9', true, { port: 80 })), { phase: 'policy' })
    await assert.rejects(dial(at('169.254.9.10', true)), { phase: 'policy' })
    ;(await dial(at('169.254.9.9', true))).destroy()
  })

  it('dials what the operator wrote elsewhere than in the nodes, such as a token endpoint', async () => {
    const { upstream } = startDialling()
    ;(await upstream('9.9.9.9')(at('127.0.0.1', false, { port: 443 }))).destroy()
  })
})

describe('names', () => {
  it('gives the connection exactly the addresses that were judged, however often the name changes', async () => {
    const { network, upstream } = startDialling()
    const dial = upstream('10.9.9.9')
    network.names.set('rebind.example', ['10.0.0.1'])
    const dialling = dial(at('rebind.example', true))
    network.names.set('rebind.example', ['169.254.169.254'])
    ;(await dialling).destroy()
    assert.equal(await outcome(dial, 'rebind.example'), 'refused')
    assert.deepEqual(network.lookups, ['rebind.example', 'rebind.example'])
    assert.deepEqual(
      network.connections.map(({ addresses }) => addresses),
      [['10.0.0.1']],
    )
  })

  it('leaves out the addresses that are refused', async () => {
    const { network, upstream, count, warnings } = startDialling()
    network.names.set('mixed.example', ['169.254.169.254', '10.0.0.1', '127.0.0.1', 'fd00::1', '8.8.8.8'])
    ;(await upstream('10.9.9.9')(at('mixed.example', true))).destroy()
    assert.deepEqual(network.connections[0]?.addresses, ['10.0.0.1', 'fd00::1'])
    assert.equal(count('upstream_dials_refused_total'), 0)
    assert.deepEqual(warnings, [])
  })

  it('judges a node by what its name resolves to, asked anew after ten seconds', async () => {
    const { network, upstream } = startDialling()
    const dial = upstream('kafka.example')
    network.names.set('kafka.example', ['10.9.9.9'])
    assert.equal(await outcome(dial, '10.0.0.1'), 'dialled')
    network.names.set('kafka.example', ['9.9.9.9'])
    assert.equal(await outcome(dial, '10.0.0.2'), 'dialled')
    assert.deepEqual(network.lookups, ['kafka.example'])
    network.time = 10_000
    assert.equal(await outcome(dial, '10.0.0.3'), 'refused')
    assert.equal(await outcome(dial, '8.8.8.8'), 'dialled')
    assert.deepEqual(network.lookups, ['kafka.example', 'kafka.example'])
  })

  it('keeps what a node was while the name server does not answer', async () => {
    const { network, upstream } = startDialling()
    const dial = upstream('kafka.example')
    network.names.set('kafka.example', ['10.9.9.9'])
    assert.equal(await outcome(dial, '10.0.0.1'), 'dialled')
    network.names.clear()
    network.time = 20_000
    assert.equal(await outcome(dial, '10.0.0.1'), 'dialled')
  })

  it('refuses where no name of a node ever resolved', async () => {
    assert.equal(await outcome(startDialling().upstream('kafka.example'), '10.0.0.1'), 'refused')
  })

  it('asks for no name of a node where the answer cannot depend on it', async () => {
    const { network, upstream } = startDialling(['203.0.113.0/24'])
    const dial = upstream('kafka.example', '10.9.9.9')
    assert.equal(await outcome(dial, '169.254.169.254'), 'refused')
    assert.equal(await outcome(dial, '203.0.113.7'), 'dialled')
    assert.equal(await outcome(dial, '10.0.0.1'), 'dialled')
    assert.deepEqual(network.lookups, [])
  })
})
