import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exactInteger, jsonText, parseJson } from '../../src/json/json-number.ts'

const integer = (text: string): bigint | undefined => exactInteger(parseJson(text))

describe('a number in JSON', () => {
  it('is exact at any size, as number and as string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (number) => {
        assert.equal(integer(`${number}`), number)
        assert.equal(integer(`"${number}"`), number)
      }),
    )
  })

  const integers: readonly [text: string, value: bigint | undefined][] = [
    ['9007199254740993', 9007199254740993n],
    ['-0', 0n],
    ['1.0', 1n],
    ['1e3', 1000n],
    ['-12.50E1', -125n],
    ['1000e-3', 1n],
    ['0e999999999', 0n],
    ['"007"', 7n],
    ['1.5', undefined],
    ['9007199254740991.4', undefined],
    ['0.99999999999999999999', undefined],
    ['1e-1', undefined],
    ['1e999999999', undefined],
    [`1${'0'.repeat(70)}`, undefined],
    ['" 1"', undefined],
    ['"0x10"', undefined],
    ['""', undefined],
    ['true', undefined],
    ['null', undefined],
    ['[1]', undefined],
  ]
  for (const [text, value] of integers) {
    it(`${text.slice(0, 30)} is ${value ?? 'no integer'}`, () => {
      assert.equal(integer(text), value)
    })
  }

  it('stands in the text as it stood', () => {
    const text = '{"a":[12345678901234567890,1.10,-0,1e400],"__proto__":{"b":null},"é\\n":"\\u0000","t":true}'
    assert.equal(jsonText(parseJson(` ${text.replaceAll(',', ' , ')}\n`)), text.replaceAll('\\u0000', '\\u0000'))
  })
})
