import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameHeadBytes, writeFrameHead } from '../src/frame-head.ts'

function headOf(isText: boolean, length: number): string {
  const target = Buffer.alloc(frameHeadBytes(length))
  assert.equal(writeFrameHead(target, isText, length), target.length)
  return target.toString('hex')
}

test('a length takes the fewest bytes that hold it', () => {
  assert.equal(headOf(false, 0), '8200')
  assert.equal(headOf(false, 125), '827d')
  assert.equal(headOf(false, 126), '827e007e')
  assert.equal(headOf(false, 0xffff), '827effff')
  assert.equal(headOf(false, 0x1_0000), '827f0000000000010000')
  assert.equal(headOf(false, 0x2_1234_5678), '827f0000000212345678')
})

test('text and binary messages have their opcodes', () => {
  assert.equal(headOf(true, 1), '8101')
  assert.equal(headOf(false, 1), '8201')
})
