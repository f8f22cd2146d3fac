import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cleanUpAfter, createCleanUp } from '../src/clean-up.ts'

describe('createCleanUp', () => {
  it('undoes the last step first, one after the other, and only once', async () => {
    const done: string[] = []
    const cleanUp = createCleanUp()
    cleanUp.defer(() => done.push('first opened'))
    cleanUp.defer(async () => {
      await Promise.resolve()
      done.push('last opened')
    })
    await cleanUp.run()
    await cleanUp.run()
    assert.deepEqual(done, ['last opened', 'first opened'])
  })

  it('runs every step, and throws what failed', async () => {
    const done: string[] = []
    const cleanUp = createCleanUp()
    cleanUp.defer(() => done.push('still run'))
    cleanUp.defer(() => Promise.reject(new Error('one')))
    await assert.rejects(cleanUp.run(), /^Error: one$/)
    assert.deepEqual(done, ['still run'])
    cleanUp.defer(() => Promise.reject(new Error('one')))
    cleanUp.defer(() => Promise.reject(new Error('two')))
    await assert.rejects(cleanUp.run(), (error) => {
      assert.ok(error instanceof AggregateError)
      assert.deepEqual(error.errors.map(String), ['Error: two', 'Error: one'])
      return true
    })
  })
})

describe('cleanUpAfter', () => {
  it('undoes when the test ends', async () => {
    const hooks: (() => Promise<void>)[] = []
    let undone = false
    cleanUpAfter({ after: (hook) => hooks.push(hook) }).defer(() => {
      undone = true
    })
    assert.equal(undone, false)
    for (const hook of hooks) await hook()
    assert.equal(undone, true)
  })
})
