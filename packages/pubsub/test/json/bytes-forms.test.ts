import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { base64Everywhere, readBytesForms } from '../../src/json/bytes-forms.ts'

const fields: ReadonlySet<string> = new Set(['value', 'key', 'state'])
const read = (query: string) => readBytesForms(new URLSearchParams(query), fields)

describe('the form of bytes in the query of a connection', () => {
  it('is base64 where nothing is chosen, whatever else the query has', () => {
    for (const query of ['', 'key=text', 'value=json&apikey=s', 'bytesvalue=1', 'BYTES=text']) {
      assert.equal(read(query), base64Everywhere)
    }
  })

  it('is that of the field before that of all', () => {
    const forms = read('bytes.value=json&bytes=text&key=base64')
    assert.deepEqual(['value', 'key', 'state'].map(forms), ['json', 'text', 'text'])
    const one = read('bytes.key=text')
    assert.deepEqual(['value', 'key'].map(one), ['base64', 'text'])
  })

  const refused: readonly [query: string, message: string][] = [
    [
      'bytes=xml',
      'the query parameter bytes has the value "xml": write bytes=base64 or bytes=text or bytes=json, or leave it out',
    ],
    [
      'bytes.value=',
      'the query parameter bytes.value has the value "": write bytes.value=base64 or bytes.value=text or bytes.value=json, or leave it out',
    ],
    [
      'bytes=text&bytes=text',
      'the query parameter bytes is given twice: write bytes=base64 or bytes=text or bytes=json, or leave it out',
    ],
    [
      'bytes.vlaue=text',
      'the query parameter bytes.vlaue is about a field that no message has; there are bytes, bytes.key, bytes.state, bytes.value: ' +
        'write bytes.value=base64 or bytes.value=text or bytes.value=json, or leave it out',
    ],
  ]
  for (const [query, message] of refused) {
    it(`refuses ${query} with HTTP 400, naming the parameter and its choices`, () => {
      assert.throws(() => read(query), { code: 'PUBSUB_WRONG_QUERY', place: { status: 400 }, message })
    })
  }

  it('shows no more of a name or value than it takes to find it', () => {
    const long = 'x'.repeat(10_000)
    for (const query of [`bytes=${long}`, `bytes.${long}=text`]) {
      assert.throws(
        () => read(query),
        (error: Error) => error.message.length < 400,
      )
    }
  })
})
