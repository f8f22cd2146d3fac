import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { choosePorts } from '@sluice/harness'

const run = promisify(execFile)

// So many that two processes which do not know of each other are all but sure to choose one port in common.
const MANY = 2_000

describe('choosePorts', () => {
  it('never gives two processes that live the same port', async () => {
    // It lives until this one has chosen, too: what it had is given back at its end.
    const script = `
      import { choosePorts } from '@sluice/harness'
      console.log(JSON.stringify(await choosePorts(${MANY})))
      process.stdin.resume()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname })
    const [own, [line]] = await Promise.all([choosePorts(MANY), once(createInterface(child.stdout), 'line')])
    child.stdin.end()
    await once(child, 'exit')
    const all = new Set([...own, ...JSON.parse(line)])
    assert.equal(all.size, 2 * MANY)
  })

  it('takes again what processes that were killed left', async () => {
    const range = { from: 61_000, to: 61_400 }
    const script = `
      import { choosePorts } from '@sluice/harness'
      await choosePorts(300, ${JSON.stringify(range)})
      process.kill(process.pid, 'SIGKILL')`
    await assert.rejects(run(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname }), {
      signal: 'SIGKILL',
    })
    assert.equal(new Set(await choosePorts(300, range)).size, 300)
  })
})
