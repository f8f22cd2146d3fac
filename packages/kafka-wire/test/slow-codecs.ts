import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { check, Refused, SlowReader } from './slow-reader.ts'

// More than any test makes; an end to what changed bytes may ask for.
const MAX_OUTPUT = 8 * 1024 * 1024

/** Repeats what stands `distance` bytes back, byte by byte. */
const repeat = (out: number[], first: number, distance: number, length: number): void => {
  check(distance > 0 && distance <= out.length - first && out.length + length <= MAX_OUTPUT)
  for (let i = 0; i < length; i++) out.push(out[out.length - distance] ?? 0)
}

const snappyBlock = (block: Buffer): number[] => {
  const out: number[] = []
  const reader = new SlowReader(block)
  const total = Number(reader.uvarint(32))
  while (reader.left > 0) {
    const tag = reader.take(1).readUInt8()
    const high = tag >> 2
    if (tag % 4 === 0) {
      const length = high < 60 ? high + 1 : reader.take(high - 59).readUIntLE(0, high - 59) + 1
      out.push(...reader.take(length))
    } else if (tag % 4 === 1) {
      const distance = ((tag >> 5) << 8) + reader.take(1).readUInt8()
      repeat(out, 0, distance, 4 + (high % 8))
    } else {
      const distance = tag % 4 === 2 ? reader.take(2).readUInt16LE() : reader.take(4).readUInt32LE()
      repeat(out, 0, distance, high + 1)
    }
  }
  check(out.length === total)
  return out
}

const snappy = (body: Buffer): Buffer => {
  if (!body.subarray(0, 8).equals(Buffer.from('\x82SNAPPY\0', 'latin1'))) return Buffer.from(snappyBlock(body))
  const out: number[] = []
  const reader = new SlowReader(body)
  reader.take(16)
  while (reader.left > 0) out.push(...snappyBlock(reader.take(reader.take(4).readInt32BE())))
  return Buffer.from(out)
}

/** A length of LZ4: four bits, and bytes up to the first that is not 255 when they are all ones. */
const lz4Length = (reader: SlowReader, nibble: number): number => {
  let length = nibble
  for (let more = nibble === 15; more; ) {
    const byte = reader.take(1).readUInt8()
    length += byte
    more = byte === 255
  }
  return length
}

const lz4Block = (block: Buffer, out: number[], first: number): void => {
  const reader = new SlowReader(block)
  for (;;) {
    const token = reader.take(1).readUInt8()
    out.push(...reader.take(lz4Length(reader, token >> 4)))
    if (reader.left === 0) return
    const distance = reader.take(2).readUInt16LE()
    repeat(out, first, distance, 4 + lz4Length(reader, token % 16))
  }
}

const lz4 = (body: Buffer): Buffer => {
  const out: number[] = []
  const reader = new SlowReader(body)
  do {
    check(reader.take(4).readUInt32LE() === 0x184d2204)
    const flags = reader.take(1).readUInt8()
    const sizeCode = (reader.take(1).readUInt8() >> 4) % 8
    check(flags >> 6 === 1 && (flags & 1) === 0 && sizeCode >= 4)
    reader.take((flags & 8 ? 8 : 0) + 1)
    const frameStart = out.length
    for (;;) {
      const size = reader.take(4).readUInt32LE()
      if (size === 0) break
      const blockStart = out.length
      const block = reader.take(size % 2 ** 31)
      if (size >= 2 ** 31) out.push(...block)
      else lz4Block(block, out, flags & 0x20 ? blockStart : frameStart)
      check(out.length - blockStart <= 2 ** (8 + 2 * sizeCode))
      if (flags & 0x10) reader.take(4)
    }
    if (flags & 4) reader.take(4)
  } while (reader.left > 0)
  return Buffer.from(out)
}

const zlib = (inflate: (body: Buffer, options: { maxOutputLength: number }) => Buffer, body: Buffer): Buffer => {
  try {
    return inflate(body, { maxOutputLength: MAX_OUTPUT })
  } catch {
    throw new Refused()
  }
}

/** Decompresses byte by byte, as the formats' descriptions say. */
export const slowUnpack = (codec: number, body: Buffer): Buffer => {
  if (codec === 0) return body
  if (codec === 1) return zlib(gunzipSync, body)
  if (codec === 2) return snappy(body)
  if (codec === 3) return lz4(body)
  check(codec === 4)
  return zlib(zstdDecompressSync, body)
}
