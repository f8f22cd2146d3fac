import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ProcessEndedEarly, startProcess } from '../src/process.ts'

const node = (script: string) => [process.execPath, ['-e', script]] as const

describe('startProcess', () => {
  it('waits until it is ready and keeps what was written', async () => {
    const running = await startProcess(
      ...node("console.log('up'); console.error('note'); setInterval(() => {}, 1000)"),
      {
        ready: (output) => output.includes('up') && output.includes('note'),
      },
    )
    assert.equal(running.stdout, 'up\n')
    assert.equal(running.stderr, 'note\n')
    assert.deepEqual(await running.stop(), { code: null, signal: 'SIGTERM' })
    assert.deepEqual(await running.stop(), { code: null, signal: 'SIGTERM' })
  })

  it('gives the exit code, with all of the output', async () => {
    const running = await startProcess(...node("process.stdout.write('x'.repeat(300_000)); process.exitCode = 3"))
    assert.deepEqual(await running.exited, { code: 3, signal: null })
    assert.equal(running.stdout.length, 300_000)
  })

  it('fails with the output when it ends before it is ready', async () => {
    await assert.rejects(
      startProcess(...node("console.log('no such file'); process.exit(2)"), { ready: /up/ }),
      (error) => {
        assert.ok(error instanceof ProcessEndedEarly)
        assert.deepEqual(error.exit, { code: 2, signal: null })
        assert.match(error.message, /ended with code 2 before it was ready; it wrote:\nno such file/)
        return true
      },
    )
  })

  it('kills what does not stop in time', async () => {
    const script = "process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)"
    const running = await startProcess(...node(script), { ready: /deaf/ })
    assert.deepEqual(await running.stop(0), { code: null, signal: 'SIGKILL' })
  })

  it('ends with code 127 where there is no such command', async () => {
    const running = await startProcess('no-such-command', [])
    assert.equal((await running.exited).code, 127)
  })
})
