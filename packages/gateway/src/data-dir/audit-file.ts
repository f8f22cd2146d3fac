import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AuditLog } from '@sluice/admin-api'

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
