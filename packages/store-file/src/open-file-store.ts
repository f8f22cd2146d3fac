import type { Clock, ConfigStore, ItemFault, Json, JsonObject } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { FileStore } from './file-store.ts'
import { followFile } from './follow-file.ts'

/** What a document holds, by keys of the store such as `/routes/1`, or why it cannot be served. */
export type ReadDocument = (document: Json) => {
  readonly values: ReadonlyMap<string, JsonObject>
  readonly faults: readonly ItemFault[]
}

/** What a store in a file is opened with. */
export interface FileStoreOptions {
  /** Absolute path of a file of YAML or JSON. */
  readonly file: string
  /** Reads and checks a whole document. May throw an error whose message is for the user. */
  readonly read: ReadDocument
  /** Encrypts the secret fields of a resource that are not encrypted yet; the file may hold both. */
  seal(key: string, value: JsonObject): JsonObject
  /** Where the last good text of the file is kept, for a start while the file is broken. */
  readonly lastGood: {
    read(): Promise<string | undefined>
    write(text: string): Promise<void>
  }
  /** Milliseconds between two looks at the file, 1000 by default. */
  readonly pollMs?: number
  /** For times to live; that of the machine by default. */
  readonly clock?: Clock
  readonly log: Log
}

/**
 * Opens a store whose contents are a file in the layout of APISIX's standalone mode. The file is read again when it changes,
 * and taken as a whole or not at all; what did not change keeps its index, so that its connections stay. Writes replace the file.
 *
 * @throws STORE_FILE_INVALID where the file cannot be served and never was
 */
export async function openFileStore(options: FileStoreOptions): Promise<ConfigStore> {
  const store = new FileStore(options)
  await store.open()
  const stop = followFile(options.file, options.pollMs ?? 1000, (isSettled) => store.reload(isSettled))
  return store.withCleanUp(stop)
}
