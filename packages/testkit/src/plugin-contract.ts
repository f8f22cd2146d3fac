import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { JsonObject } from '@sluice/core'
import { defineRequestScheme, type Plugin, spiVersion } from '@sluice/spi'
import { Type } from 'typebox'
import { type InProcessGateway, startInProcess } from './in-process-gateway.ts'
import { schemaFaults } from './schema-faults.ts'
import { openSocket } from './socket.ts'

/** What a plugin is tried with. @public */
export interface PluginSamples {
  /** A configuration that is taken; `{}` by default. */
  readonly config?: JsonObject
  /** Whether its configuration takes fields that it does not have, as those of APISIX do; false by default. */
  readonly isOpen?: boolean
  /** Header fields of a request that passes; none by default. Leave it out for a plugin that lets nobody pass. */
  readonly passes?: Readonly<Record<string, string>>
  /** Header fields of a request that it refuses, and with which status. */
  readonly refuses?: { readonly headers: Readonly<Record<string, string>>; readonly status: number }
}

/** Answers every request with 200, and takes every WebSocket: for plugins to stand in front of. */
const backend = defineRequestScheme({
  name: 'contract',
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({ respond: () => ({ status: 200, body: 'passed' }) }),
})

/**
 * Registers the tests that every plugin passes, with `node:test`: its schema, its secrets, its instances, and on a real route that it lets
 * requests pass or refuses them with a status of its own.
 * @public
 */
export function pluginContract(plugin: Plugin, samples: PluginSamples = {}): void {
  const { config = {}, isOpen = false } = samples
  describe(`the contract of plugins: ${plugin.name}`, () => {
    let gateway: InProcessGateway
    const route = { uri: '/contract', upstream: { scheme: 'contract', type: 'none', nodes: { '127.0.0.1:1': 1 } } }

    before(async () => {
      gateway = await startInProcess({ schemes: [backend], plugins: [plugin] })
      gateway.put('/routes/1', { ...route, plugins: { [plugin.name]: config } })
    })
    after(() => gateway.close())

    it('says what it is', () => {
      assert.equal(plugin.kind, 'plugin')
      assert.equal(plugin.spi, spiVersion)
      assert.match(plugin.name, /^[a-z][a-z0-9-]*$/)
      assert.ok(Number.isSafeInteger(plugin.priority), 'its priority is an integer')
    })

    it('has a configuration that is closed, unless it may not be, and described, with defaults that fit', () => {
      assert.deepEqual(schemaFaults(plugin.config, isOpen), [])
      if (plugin.consumer !== undefined) assert.deepEqual(schemaFaults(plugin.consumer.config, isOpen), [])
    })

    it('has secrets that are texts of its configuration', () => {
      for (const path of plugin.secrets) assert.equal(typeAt(plugin.config, path), 'string', `${path} is no text`)
      for (const path of plugin.consumer?.secrets ?? [])
        assert.equal(typeAt(plugin.consumer?.config, path), 'string', `${path} of a consumer is no text`)
    })

    if (!isOpen) {
      it('has a field refused that it does not have', () => {
        const plugins = { [plugin.name]: { ...config, 'no-such-field': true } }
        assert.throws(() => gateway.put('/routes/2', { ...route, uri: '/refused', plugins }), /no-such-field/)
      })
    }

    it('makes instances that share nothing, and closes each', async () => {
      const instances = [plugin.create(structuredClone(config)), plugin.create(structuredClone(config))]
      assert.notEqual(instances[0], instances[1])
      for (const instance of instances) await instance.close?.()
    })

    const { passes, refuses } = samples
    if (passes !== undefined) {
      it('lets a request pass', async () => {
        const response = await fetch(`${gateway.url}/contract`, { headers: passes })
        assert.deepEqual([response.status, await response.text()], [200, 'passed'])
      })
    }
    if (refuses !== undefined) {
      it(`refuses a request with ${refuses.status}, and a WebSocket in its handshake`, async () => {
        const response = await fetch(`${gateway.url}/contract`, { headers: refuses.headers })
        const { code, error_msg: text }: Record<string, unknown> = JSON.parse(await response.text())
        assert.equal(response.status, refuses.status)
        assert.match(String(code), /^[A-Z][A-Z0-9_]+$/, 'with a code of the catalogue')
        assert.ok(typeof text === 'string' && text.length > 0, 'and says why')
        await assert.rejects(
          openSocket(`${gateway.socketUrl}/contract`, refuses.headers),
          new RegExp(String(refuses.status)),
        )
      })
    }

    it('fails on nothing', () => {
      assert.equal(gateway.metrics.value('plugin_failures_total'), 0)
    })
  })
}

/** The type of the field at a dotted path. */
function typeAt(schema: object | undefined, path: string): unknown {
  let at: unknown = schema
  for (const name of path.split('.')) {
    const properties: unknown = typeof at === 'object' && at !== null ? Reflect.get(at, 'properties') : undefined
    at = typeof properties === 'object' && properties !== null ? Reflect.get(properties, name) : undefined
  }
  return typeof at === 'object' && at !== null ? Reflect.get(at, 'type') : undefined
}
