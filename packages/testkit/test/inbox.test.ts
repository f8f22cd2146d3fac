import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createInbox } from '../src/inbox.ts'

describe('createInbox', () => {
  it('hands out in order, to those who came before and after', async () => {
    const inbox = createInbox<number>()
    const early = [inbox.take(), inbox.take()]
    for (const item of [1, 2, 3]) inbox.put(item)
    assert.deepEqual(await Promise.all([...early, inbox.take()]), [1, 2, 3])
  })

  it('gives what is left before it says why it ended', async () => {
    const inbox = createInbox<string>()
    inbox.put('left')
    inbox.end(new Error('over'))
    assert.equal(await inbox.take(), 'left')
    await assert.rejects(inbox.take(), /over/)
  })

  it('tells those who wait that it ended', async () => {
    const inbox = createInbox<string>()
    const waiting = inbox.take()
    inbox.end(new Error('over'))
    await assert.rejects(waiting, /over/)
  })
})
