import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineError, type ErrorPlace, isErrorDefinition, isSluiceError } from '../src/errors.ts'

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

it('an error with a number that cannot be sent is refused where it is defined', () => {
  const define = (place: ErrorPlace) => () => defineError('TEST_PLACE', place, 'x')
  for (const place of [
    { status: 200 },
    { status: 599 },
    { close: 1000 },
    { close: 1011 },
    { close: 4999 },
    { reply: -1 },
  ]) {
    assert.doesNotThrow(define(place))
  }
  for (const place of [{ status: 99 }, { status: 600 }, { status: 404.5 }]) {
    assert.throws(define(place), {
      name: 'RangeError',
      message: /^the error TEST_PLACE has the status [\d.]+, which must be/,
    })
  }
  for (const close of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    assert.throws(define({ close }), /has the close code/)
  for (const reply of [0.5, 2 ** 31, Number.NaN])
    assert.throws(define({ reply }), /has the reply .*, which must be an int32/)
})
