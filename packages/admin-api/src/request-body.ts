import { BodyTooLargeError } from './errors.ts'

/** Bytes of a body at most by default, 1.5 MiB. */
export const defaultBodyLimit = 1_572_864

/**
 * Reads a body.
 *
 * @param declared `Content-Length`, where the request has it
 * @throws BodyTooLargeError as soon as more than `limit` bytes are declared or received
 */
export async function readBody(
  request: AsyncIterable<Buffer>,
  declared: string | undefined,
  limit: number,
): Promise<Buffer> {
  if (Number(declared ?? 0) > limit) throw new BodyTooLargeError(Number(declared), limit)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > limit) throw new BodyTooLargeError(size, limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
