import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BytesForms, base64Everywhere } from '../../src/json/bytes-forms.ts'
import { messageFromJson } from '../../src/json/from-json.ts'
import { parseJson } from '../../src/json/json-number.ts'
import { all } from '../support/json-proto.ts'

const read = (text: string, forms: BytesForms = base64Everywhere) => messageFromJson(all, parseJson(text), forms)

describe('a message from JSON', () => {
  it('takes integers as numbers and strings, enums by name and number, and leaves out what is null', () => {
    assert.deepEqual(
      read(
        '{"signed":-9223372036854775808,"unsigned":"18446744073709551615","small":"1e2","natural":4294967295,"real":"-Infinity",' +
          '"color":"RED","inner":{"color":1},"numbers":[1,"2"],"data":null,"flag":false,"list":[{}]}',
      ),
      {
        signed: -9223372036854775808n,
        unsigned: 18446744073709551615n,
        small: 100,
        natural: 4294967295,
        real: Number.NEGATIVE_INFINITY,
        color: 1,
        inner: { color: 1 },
        numbers: [1n, 2n],
        flag: false,
        list: [{}],
      },
    )
  })

  it('takes bytes in the form of the connection, and in those that answers fall back to', () => {
    const data = (text: string, form: 'base64' | 'text' | 'json') => String(read(text, () => form).data)
    assert.equal(data('{"data":"aGk"}', 'base64'), 'hi')
    assert.equal(data('{"data":"aGk="}', 'text'), 'aGk=')
    assert.equal(data('{"data":{"n": 12345678901234567890}}', 'json'), '{"n":12345678901234567890}')
    assert.equal(data('{"data":null}', 'json'), 'null')
    assert.equal(data('{"data_text":"hi"}', 'json'), 'hi')
    assert.equal(data('{"dataBase64":"aGk="}', 'json'), 'hi')
    assert.equal(data('{"data_base64":"aGk="}', 'text'), 'hi')
  })

  const refused: readonly [text: string, message: string, forms?: BytesForms][] = [
    ['[]', 'All should be a JSON object, such as {}'],
    ['1', 'All should be a JSON object, such as {}'],
    ['{"inner":1}', 'All.inner should be a JSON object, such as {}'],
    ['{"smal":1}', 'All has no field "smal"; did you mean small?'],
    ['{"inner":{"list":[{},{"txt":1}]}}', 'All.inner.list[1] has no field "txt"; did you mean text?'],
    [
      '{"data_base64":""}',
      'All has no field "data_base64"; it has signed, unsigned, small, natural, real, flag, text, data, color, inner, numbers, parts, list, first, second',
    ],
    ['{"data":"","data_base64":""}', 'All.data is given twice', () => 'text'],
    ['{"signed":1.5}', 'All.signed should be a 64-bit integer, such as "42" or 42'],
    ['{"signed":9223372036854775808}', 'All.signed should be a 64-bit integer, such as "42" or 42'],
    ['{"unsigned":-1}', 'All.unsigned should be an unsigned 64-bit integer, such as "42" or 42'],
    ['{"small":2147483648}', 'All.small should be a 32-bit integer, such as 42'],
    ['{"natural":-1}', 'All.natural should be an unsigned 32-bit integer, such as 42'],
    ['{"real":"x"}', 'All.real should be a number, such as 1.5'],
    ['{"real":""}', 'All.real should be a number, such as 1.5'],
    ['{"flag":"true"}', 'All.flag should be true or false'],
    ['{"text":1}', 'All.text should be a string, such as "text"'],
    ['{"data":"*"}', 'All.data should be a string in base64, such as "dGV4dA=="'],
    ['{"data":"YQYQY"}', 'All.data should be a string in base64, such as "dGV4dA=="'],
    ['{"data":{}}', 'All.data should be a string, such as "text"', () => 'text'],
    ['{"color":"BLUE"}', 'All.color should be one of NONE, RED'],
    ['{"color":"constructor"}', 'All.color should be one of NONE, RED'],
    ['{"numbers":1}', 'All.numbers should be a list, such as []'],
    ['{"numbers":[1,"x"]}', 'All.numbers[1] should be a 64-bit integer, such as "42" or 42'],
  ]
  for (const [text, message, forms] of refused) {
    it(`refuses ${text}, naming the field`, () => {
      assert.throws(() => read(text, forms), { name: 'JsonMappingError', message })
    })
  }
})
