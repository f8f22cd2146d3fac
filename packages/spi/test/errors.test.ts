import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError, isErrorDefinition, isSluiceError } from '../src/errors.ts'

const TopicGone = defineError('TEST_TOPIC_GONE', { reply: 7 }, 'topic %s, partition %s is gone')

describe('defineError', () => {
  it('fills the message and keeps code, place and cause', () => {
    const cause = new Error('why')
    const error = new TopicGone('orders', 3, { cause })
    assert.equal(error.message, 'topic orders, partition 3 is gone')
    assert.equal(error.code, 'TEST_TOPIC_GONE')
    assert.deepEqual(error.place, { reply: 7 })
    assert.equal(error.cause, cause)
  })

  it('does not take a value that looks like a placeholder for one', () => {
    assert.equal(new TopicGone('%s', 1).message, 'topic %s, partition 1 is gone')
  })

  it('is known by brand and not by class', () => {
    assert.equal(isSluiceError(new TopicGone('a', 1)), true)
    assert.equal(isSluiceError(Object.assign(new Error('x'), { code: 'X' })), false)
    assert.equal(isErrorDefinition(TopicGone), true)
    assert.equal(isErrorDefinition(Error), false)
  })
})
