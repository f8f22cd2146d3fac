import assert from 'node:assert/strict'
import { it } from 'node:test'
import { encoded } from '../src/answer.ts'
import { leastGrant } from '../src/call.ts'
import { read, settle, start } from './support/commands.ts'
import { limits } from './support/scheme.ts'

it('a client that does not read is granted no more than fills its queue', async () => {
  const grants: number[] = []
  const { connect } = start({
    cmd_read: (_message, call) => {
      grants.push(call.reserve(1_000_000))
      const value = Buffer.alloc(0.9 * limits.outputQueueBytes)
      return encoded('read_resp', { chunks: [value], byteLength: value.length, release: () => {} })
    },
  })
  const { socket } = connect()
  socket.reads = false
  socket.receive(read(1))
  await settle()
  assert.ok(socket.queuedBytes < limits.outputQueueBytes, 'a second command may start')
  socket.receive(read(2))
  await settle()
  socket.take(0)
  socket.take(1)
  socket.receive(read(3))
  assert.deepEqual(grants, [2 * limits.outputQueueBytes, leastGrant, 2 * limits.outputQueueBytes])
})
