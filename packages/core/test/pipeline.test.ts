import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createContextValues, defineError, type PluginInstance, type RequestContext } from '@sluice/spi'
import { type PipelinePlugin, PluginFault, PluginRefusal, runAccess, runAuthenticate } from '../src/pipeline.ts'
import { matchRequest } from './support/match-request.ts'

const Refused = defineError('TEST_REFUSED', { status: 403 }, 'not today')
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const ctx: RequestContext = {
  ...createContextValues(),
  request: { ...matchRequest({}), params: {} },
  signal: new AbortController().signal,
  log,
}
const nobody = () => ({ find: () => undefined, named: () => undefined })

const plugin = (instance: PluginInstance, more: Partial<PipelinePlugin> = {}): PipelinePlugin => ({
  name: 'p',
  priority: 1,
  instance,
  ...more,
})
const refusing = { access: () => Promise.reject(new Refused()) }

test('a refusal is answered with what _meta.error_response says, and else as it is', async () => {
  await assert.rejects(runAccess([plugin(refusing)], ctx), Refused)
  await assert.rejects(
    runAccess([plugin(refusing, { errorResponse: { message: 'go away' } })], ctx),
    (error: unknown) => {
      assert.ok(error instanceof PluginRefusal)
      assert.deepEqual([error.body, error.cause.code], [{ message: 'go away' }, 'TEST_REFUSED'])
      return true
    },
  )
  const failing = plugin({ access: () => Promise.reject(new TypeError('a bug')) }, { errorResponse: 'sorry' })
  await assert.rejects(runAccess([failing], ctx), (error: unknown) => {
    assert.ok(error instanceof PluginFault)
    assert.deepEqual([error.plugin, error.cause instanceof TypeError], ['p', true])
    return true
  })
})

test('the last plugin that tells who asks counts; a filter leaves one out', async () => {
  const saying = (username: string, more?: Partial<PipelinePlugin>) =>
    plugin({ authenticate: () => ({ username }) }, more)
  assert.equal(await runAuthenticate([plugin({})], ctx, nobody), undefined)
  assert.deepEqual(await runAuthenticate([saying('a'), saying('b')], ctx, nobody), { username: 'b' })
  const left = saying('b', { applies: () => false })
  assert.deepEqual(await runAuthenticate([saying('a'), left], ctx, nobody), { username: 'a' })
})
