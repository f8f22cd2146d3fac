import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The right to run the demonstration in a folder. */
export interface DemoLock {
  /** May be called twice. */
  release(): void
}

// Primary result code, https://www.sqlite.org/rescode.html.
const sqliteBusy = 5

/**
 * Takes the folder for one demonstration. The lock is SQLite's, on an empty file: the system gives it up with the process,
 * however that ends, so none is ever left behind.
 *
 * @throws Error where another one holds it
 */
export function takeDemoLock(folder: string): DemoLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(folder, 'npm-start.lock'))
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)) throw cause
    throw new Error(
      'another npm start is running from this checkout: use that one, or stop it (Ctrl-C in its terminal) and try again',
      { cause },
    )
  }
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}
