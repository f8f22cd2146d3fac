import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from '../src/command.ts'
import { CommandSet } from '../src/command-set.ts'
import { KafkaError } from '../src/errors.ts'

const begin = (commands: CommandSet, ms: number): Command =>
  commands.begin({ deadline: performance.now() + ms, timeoutMs: ms })

const ended = (command: Command): Promise<void> => assert.rejects(command.sleep(60_000), { code: 'KAFKA_TIMEOUT' })

test('every command ends at its own deadline, whatever the order they began in', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const pass = (ms: number): void => {
    now += ms
    t.mock.timers.tick(ms)
  }
  const commands = new CommandSet()
  const [late, early, middle] = [begin(commands, 300), begin(commands, 100), begin(commands, 200)]
  const over = (): boolean[] => [late, early, middle].map(({ error }) => error !== undefined)
  pass(99)
  assert.deepEqual(over(), [false, false, false])
  pass(1)
  assert.deepEqual(over(), [false, true, false])
  commands.end(middle)
  pass(150)
  assert.deepEqual(over(), [false, true, false])
  const next = begin(commands, 10)
  pass(10)
  assert.equal(next.error?.code, 'KAFKA_TIMEOUT')
  pass(40)
  assert.deepEqual([late.error?.code, commands.size], ['KAFKA_TIMEOUT', 3])
})

test('a command begun when all others are over still ends', async () => {
  const commands = new CommandSet()
  await ended(begin(commands, 2))
  await ended(begin(commands, 2))
})

test('cancelling ends every command and leaves no timer', (t) => {
  const clear = t.mock.method(globalThis, 'clearTimeout')
  const commands = new CommandSet()
  const [one, other] = [begin(commands, 60_000), begin(commands, 60_000)]
  commands.cancel(new KafkaError('KAFKA_CLOSED', 'closed'))
  assert.deepEqual([one.error?.code, other.error?.code], ['KAFKA_CLOSED', 'KAFKA_CLOSED'])
  assert.ok(clear.mock.calls.length > 0)
})
