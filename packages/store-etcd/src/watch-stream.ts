import type { EtcdHttp } from './etcd-http.ts'
import { parseFault } from './fault.ts'
import type { Layout } from './layout.ts'
import type { ErrorReply, WatchReply } from './wire.ts'

/** A stream of which nothing came for too long. */
export class SilentStream extends Error {
  constructor(ms: number) {
    super(`nothing came for ${ms} ms`)
  }
}

export interface WatchOptions {
  /** The first revision that is wanted. */
  readonly from: number
  /** How long nothing may come, also no notice of progress. */
  readonly silentMs: number
  readonly signal: AbortSignal
}

/**
 * The changes below the prefix, for ever, as etcd tells them: those of one revision are never spread over two replies.
 *
 * @throws SilentStream, EtcdFault, or what the network fails with
 */
export async function* watchPrefix(http: EtcdHttp, layout: Layout, options: WatchOptions): AsyncGenerator<WatchReply> {
  const { from, silentMs, signal } = options
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new SilentStream(silentMs)), silentMs)
  const create = { ...layout.range('/'), start_revision: String(from), progress_notify: true }
  try {
    const ended = AbortSignal.any([signal, silence.signal])
    const body = await http.stream('/v3/watch', { create_request: create }, ended)
    for await (const line of lines(body)) {
      timer.refresh()
      const { result, error }: { result?: WatchReply; error?: ErrorReply } = JSON.parse(line)
      if (error !== undefined) throw parseFault(500, JSON.stringify(error))
      if (result !== undefined) yield result
    }
  } catch (error) {
    throw silence.signal.aborted ? silence.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const parts: Buffer[] = []
  for await (let chunk of chunks) {
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a)) {
      const line = Buffer.concat([...parts.splice(0), chunk.subarray(0, end)]).toString()
      chunk = chunk.subarray(end + 1)
      if (line !== '') yield line
    }
    if (chunk.length > 0) parts.push(chunk)
  }
}
