import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreFaultError } from './store-fault.ts'

const formatVersion = 1

const tables = `
  CREATE TABLE entries (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, expires INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_expires ON entries (expires) WHERE expires IS NOT NULL;
  CREATE TABLE changes (
    revision INTEGER NOT NULL, key TEXT NOT NULL, value TEXT, created INTEGER, PRIMARY KEY (revision, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0);
  PRAGMA user_version = ${formatVersion};
`

/**
 * Opens the store's file, or makes it, and holds it alone. Every commit is on disk when it returns (synchronous=FULL).
 *
 * @throws StoreFaultError where the file is damaged, in use, of another program or of a later version
 */
export function openDatabase(file: string): DatabaseSync {
  protectFile(file)
  const db = new DatabaseSync(file)
  try {
    // Before anything touches the write-ahead log: its index is then in memory, and no other process can join.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec('BEGIN IMMEDIATE; COMMIT')
    checkIntegrity(db)
    prepareTables(db)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/**
 * The file is made here, and not by SQLite, so that it never has a wider mode; its log takes over the mode. A file that is
 * there is not opened: closing it would drop the locks that a store of this process has on it (fcntl, POSIX).
 */
function protectFile(file: string): void {
  if (existsSync(file)) {
    chmodSync(file, 0o600)
    return
  }
  closeSync(openSync(file, 'wx', 0o600))
  const directory = openSync(dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function checkIntegrity(db: DatabaseSync): void {
  const faults = db.prepare('PRAGMA quick_check(3)').all().flatMap(Object.values)
  if (faults.length !== 1 || faults[0] !== 'ok') throw new StoreFaultError('corrupt', faults.join('; '))
}

function prepareTables(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  if (version > formatVersion) throw new StoreFaultError('too_new', String(version))
  if (version === formatVersion) return
  const present = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count
  if (present !== 0) throw new StoreFaultError('foreign', '')
  db.exec(`BEGIN; ${tables} COMMIT`)
}
