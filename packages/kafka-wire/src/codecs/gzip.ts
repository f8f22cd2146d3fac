import { gunzipSync } from 'node:zlib'
import { boundedInflate } from './bounded-inflate.ts'

/** Decompresses gzip (RFC 1952), one member or several, to at most `maxBytes` bytes. */
export const decompressGzip = (input: Buffer, maxBytes: number): Buffer => boundedInflate(gunzipSync, input, maxBytes)
