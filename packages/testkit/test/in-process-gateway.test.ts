import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import {
  defineError,
  definePlugin,
  defineRequestScheme,
  type Plugin,
  type PluginInstance,
  type RequestContext,
} from '@sluice/spi'
import { openSocket, startInProcess, until } from '@sluice/testkit'
import { Type } from 'typebox'

const Refused = defineError('TEST_REFUSED', { status: 418 }, 'not today')

const plugin = (name: string, priority: number, instance: () => PluginInstance): Plugin =>
  definePlugin({
    name,
    priority,
    config: Type.Object({}, { additionalProperties: false }),
    secrets: [],
    create: instance,
  })

/** Requests that the scheme has not answered, and those of them whose clients have left. */
let waiting = 0
let abandoned = 0

const scheme = defineRequestScheme({
  name: 'plain',
  options: Type.Object({ answer: Type.String({ default: 'right' }) }, { additionalProperties: false }),
  create: () => ({
    async respond({ body, signal }, { answer }) {
      switch (answer) {
        case 'right':
          return { status: 200, body: 'passed' }
        case 'stream':
          return { status: 201, headers: { 'x-a': ['1', '2'] }, body }
        case 'refuse':
          throw new Refused()
        case 'fail':
          throw new TypeError('a bug')
        case 'nonsense':
          return { status: 42 }
        default:
          waiting++
          await once(signal, 'abort')
          abandoned++
          throw signal.reason
      }
    },
  }),
})

async function start(
  t: { after(hook: () => Promise<void>): void },
  plugins: readonly Plugin[] = [],
  pluginMs?: number,
) {
  const gateway = await startInProcess({ schemes: [scheme], plugins, ...(pluginMs !== undefined && { pluginMs }) })
  t.after(() => gateway.close())
  const put = (id: string, fields: object = {}, options: object = {}) =>
    gateway.put(`/routes/${id}`, {
      uri: `/${id}`,
      upstream: { scheme: 'plain', type: 'none', nodes: { 'local:1': 1 }, plain: { ...options } },
      ...fields,
    })
  const ask = async (id: string, init: RequestInit = {}) => {
    const response = await fetch(`${gateway.url}/${id}`, init)
    const text = await response.text()
    const code: unknown = text.startsWith('{') ? JSON.parse(text).code : text
    return [response.status, code]
  }
  return { gateway, put, ask }
}

describe('a scheme that answers plain requests', () => {
  it('may answer with a text or a stream, and refuse with a status', async (t) => {
    const { ask, gateway, put } = await start(t)
    for (const answer of ['right', 'stream', 'refuse']) put(answer, {}, { answer })
    assert.deepEqual(await ask('right'), [200, 'passed'])
    assert.deepEqual(await ask('stream', { method: 'POST', body: 'there and back' }), [201, 'there and back'])
    assert.deepEqual(await ask('refuse', { method: 'DELETE' }), [418, 'TEST_REFUSED'])
    const odd = { method: 'POST', body: 'hi', headers: { 'content-type': ';;;' } }
    assert.deepEqual(await ask('stream', odd), [201, 'hi'], 'the type of a body is the business of the scheme')
    const large = 'x'.repeat(5_000_000)
    assert.deepEqual(await ask('stream', { method: 'PUT', body: large }), [201, large])
    assert.equal(gateway.metrics.value('scheme_failures_total'), 0)
  })

  it('that fails is answered 500, counted and named', async (t) => {
    const { ask, gateway, put } = await start(t)
    for (const answer of ['fail', 'nonsense']) {
      put(answer, {}, { answer })
      assert.deepEqual(await ask(answer), [500, 'SCHEME_REQUEST_FAILED'])
    }
    assert.equal(gateway.metrics.value('scheme_failures_total', { scheme: 'plain' }), 2)
    assert.deepEqual(
      gateway.log.lines.filter(({ level }) => level === 'error').map(({ fields }) => Reflect.get(fields, 'scheme')),
      ['plain', 'plain'],
    )
  })

  it('is told that its client is gone', async (t) => {
    const { gateway, put } = await start(t)
    put('hang', {}, { answer: 'hang' })
    const leaving = new AbortController()
    const asked = fetch(`${gateway.url}/hang`, { signal: leaving.signal })
    await until('the request to arrive', () => waiting === 1)
    leaving.abort()
    await assert.rejects(asked, { name: 'AbortError' })
    await until('the scheme to be told', () => abandoned === 1)
    assert.equal(gateway.metrics.value('scheme_failures_total'), 0, 'that is no failure of the scheme')
    assert.deepEqual(
      gateway.log.lines.filter(({ level }) => level === 'error'),
      [],
    )
  })
})

describe('a plugin that fails', () => {
  it('by an exception is answered 500 with its name, and counted', async (t) => {
    const failing = plugin('failing', 1, () => ({ access: () => Promise.reject(new TypeError('a bug')) }))
    const { ask, gateway, put } = await start(t, [failing])
    put('1', { plugins: { failing: {} } })
    assert.deepEqual(await ask('1'), [500, 'PLUGIN_FAILED'])
    gateway.put('/global_rules/1', { plugins: { failing: {} } })
    assert.deepEqual(await ask('nowhere'), [500, 'GLOBAL_RULE_FAILED'])
    assert.equal(gateway.metrics.value('plugin_failures_total', { plugin: 'failing' }), 2)
    const [line] = gateway.log.lines.filter(({ level }) => level === 'error')
    assert.equal(Reflect.get(line?.fields ?? {}, 'plugin'), 'failing')
  })

  it('by taking too long is answered 504, and told by its signal', async (t) => {
    let aborted: unknown
    const slow = plugin('slow', 1, () => ({
      access({ signal }: RequestContext) {
        signal.addEventListener('abort', () => {
          aborted = signal.reason
        })
        return new Promise(() => {})
      },
    }))
    const { ask, gateway, put } = await start(t, [slow], 50)
    put('1', { plugins: { slow: {} } })
    put('2')
    assert.deepEqual(await Promise.all([ask('1'), ask('2')]), [
      [504, 'PLUGIN_TIMED_OUT'],
      [200, 'passed'],
    ])
    assert.equal(Reflect.get(Object(aborted), 'code'), 'PLUGIN_TIMED_OUT')
    assert.equal(gateway.metrics.value('plugin_failures_total', { plugin: 'slow' }), 1)
  })

  it('waits for whatever is like a promise', async (t) => {
    class Thenable {
      // biome-ignore lint/suspicious/noThenProperty: promises of other libraries have it
      then(_: unknown, reject: (error: Error) => void) {
        reject(new Refused())
      }
    }
    const thenable = plugin('thenable', 1, () => ({ access: (): Promise<void> => Object(new Thenable()) }))
    const { ask, put } = await start(t, [thenable])
    put('1', { plugins: { thenable: {} } })
    assert.deepEqual(await ask('1'), [418, 'TEST_REFUSED'])
  })
})

describe('the gateway of the kit', () => {
  it('refuses what the Admin API refuses', async (t) => {
    const { gateway, put } = await start(t)
    assert.throws(() => put('1', { plugins: { nope: {} } }), /unknown plugin \[nope\]/)
    assert.throws(() => gateway.put('/nothings/1', {}), /there is no resource \/nothings\/1/)
  })

  it('forgets what is deleted', async (t) => {
    const { ask, gateway, put } = await start(t)
    put('1')
    assert.deepEqual(await ask('1'), [200, 'passed'])
    gateway.delete('/routes/1')
    assert.deepEqual(await ask('1'), [404, 'ROUTE_NOT_FOUND'])
    await assert.rejects(openSocket(`${gateway.socketUrl}/1`), /404/)
  })
})
