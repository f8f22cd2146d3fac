import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { prepareGracefulClose } from '../../src/start/graceful-close.ts'

test('what is in flight at the close is answered, and its connection ends with it', async () => {
  const app = Fastify()
  const close = prepareGracefulClose(app)
  const entered = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  app.get('/slow', () => {
    entered.resolve()
    return answer.promise
  })
  const response = app.inject({ url: '/slow' })
  await entered.promise
  const closed = close(60_000)
  answer.resolve('done')
  const { statusCode, body, headers } = await response
  await closed
  assert.deepEqual([statusCode, body, headers.connection], [200, 'done', 'close'])
})
