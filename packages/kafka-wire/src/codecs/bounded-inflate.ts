import { tooLarge } from '../batch-defect.ts'

type Inflate = (input: Buffer, options: { maxOutputLength: number }) => Buffer

/** Runs a decompressor of node:zlib so that it stops at `maxBytes` bytes instead of allocating what the input asks for. */
export const boundedInflate = (inflate: Inflate, input: Buffer, maxBytes: number): Buffer => {
  try {
    return inflate(input, { maxOutputLength: Math.max(1, maxBytes) })
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxBytes, error)
    }
    throw error
  }
}
