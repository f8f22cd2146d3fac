import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AuditLog, AuditRecord } from '@sluice/admin-api'
import { errorCode } from './files.ts'

/**
 * An audit log in a file, one JSON object a line, mode 0600. Lines that come while others are being synced go out with one
 * write and one sync. The file is opened for each of these, so that tools may move it away at any time.
 */
export function createAuditFile(file: string): AuditLog {
  let waiting: string[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()

  async function flush(): Promise<void> {
    const lines = waiting
    waiting = []
    next = undefined
    await appendDurably(file, lines.join(''))
  }

  return {
    append(record) {
      waiting.push(`${JSON.stringify(record)}\n`)
      if (next === undefined) {
        next = last.then(flush)
        last = next.catch(() => {})
      }
      return next
    },
    async read({ count, fits }) {
      const found: AuditRecord[] = []
      for await (const line of linesFromTheEnd(file)) {
        const record = parseRecord(line)
        if (record !== undefined && fits(record)) found.push(record)
        if (found.length === count) break
      }
      return found
    },
  }
}

const chunkBytes = 64 * 1024
/** A question that few lines fit must not read a log of years. */
const mostBytes = 64 * 1024 * 1024

/** The lines at the end of a file, the last one first; none where it is not there. Those that are added meanwhile are left out. */
async function* linesFromTheEnd(file: string): AsyncGenerator<string> {
  const handle = await openIfThere(file)
  if (handle === undefined) return
  try {
    const { size } = await handle.stat()
    const end = Math.max(0, size - mostBytes)
    let start = size
    let rest = Buffer.alloc(0)
    while (start > end) {
      const bytes = Math.min(chunkBytes, start)
      start -= bytes
      const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, start)
      const all = Buffer.concat([buffer, rest])
      // What is in front of the first line break may go on in the chunk before.
      const first = start === 0 ? 0 : all.indexOf(10) + 1
      rest = all.subarray(0, first)
      if (first > 0 || start === 0) yield* all.subarray(first).toString().split('\n').reverse()
      else rest = all
    }
  } finally {
    await handle.close()
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined for a line that a crash or a full disk cut off. */
function parseRecord(line: string): AuditRecord | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function appendDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600)
  let isNew: boolean
  try {
    const { size } = await handle.stat()
    isNew = size === 0
    // A line that a crash or a full disk cut off stays by itself.
    await handle.appendFile((await endsInLine(handle, size)) ? text : `\n${text}`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (isNew) await syncFolder(dirname(file))
}

async function endsInLine(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() === '\n'
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
