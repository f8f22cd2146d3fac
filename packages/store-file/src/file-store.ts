import { isDeepStrictEqual } from 'node:util'
import {
  type ConfigCompare,
  type ConfigEntry,
  type ConfigRevision,
  type ConfigSnapshot,
  type ConfigStore,
  type ConfigStoreStatus,
  type ConfigTransactionResult,
  type ConfigWrite,
  createMutex,
  type JsonObject,
  openMemoryStore,
} from '@sluice/core'
import { StoreFileBrokenError, StoreFileInvalidError, StoreFileUnwritableError } from './errors.ts'
import type { FileStoreOptions } from './open-file-store.ts'
import { endsWithMark, parseConfiguration } from './parse-configuration.ts'
import { readText } from './read-text.ts'
import { renderConfiguration } from './render-configuration.ts'
import { replaceFile } from './replace-file.ts'

type Values = ReadonlyMap<string, JsonObject>

/** Of thousands of items that one mistake breaks, the first say what it is. */
const mostFaults = 20

/** A store in memory that a file goes in front of: what is written is in the file first, what is in the file comes in. */
export class FileStore implements ConfigStore {
  readonly #options: FileStoreOptions
  readonly #memory: ConfigStore
  readonly #mutex = createMutex()
  /** As the file has them: secrets plain or encrypted. What has a time to live is not in the file. */
  #values: Values = new Map()
  /** What the file held when it was last good. */
  #text = ''
  #fault: string | undefined
  #cleanUp: () => void = () => {}

  constructor(options: FileStoreOptions) {
    const { clock, log } = options
    this.#options = options
    this.#memory = openMemoryStore({
      ...(clock && { clock }),
      onListenerError: (error) => log.error({ err: error }, 'a change of the configuration could not be followed'),
    })
  }

  /** Takes the file, or what it was when it was last good. */
  async open(): Promise<void> {
    const { file, lastGood, log } = this.#options
    try {
      await this.#take(await readText(file))
    } catch (cause) {
      const fault = messageOf(cause)
      const text = await lastGood.read()
      if (text === undefined) throw new StoreFileInvalidError(file, fault, { cause })
      try {
        await this.#take(text)
      } catch {
        throw new StoreFileInvalidError(file, fault, { cause })
      }
      this.#fault = fault
      log.error({ file, fault }, 'the configuration file is broken: its last good version serves, correct it')
    }
  }

  /** @param stop ends what follows the file */
  withCleanUp(stop: () => void): ConfigStore {
    this.#cleanUp = stop
    return this
  }

  /**
   * Takes the file as it is now; what is broken changes nothing, and is told. Resolves with whether this version needs no other
   * look: one that is not marked as whole may still be written.
   */
  reload(isSettled: boolean): Promise<boolean> {
    const { file, log } = this.#options
    return this.#mutex.run(async () => {
      try {
        const text = await readText(file)
        if (text === this.#text && this.#fault === undefined) return true
        if (!isSettled && !endsWithMark(text)) return false
        if (await this.#take(text)) log.info({ file }, 'the configuration file has changed, and is served')
      } catch (error) {
        if (!isSettled) return false
        const fault = messageOf(error)
        if (fault !== this.#fault) {
          log.error({ file, fault }, 'the configuration file is broken: its last good version goes on, correct it')
        }
        this.#fault = fault
      }
      return true
    })
  }

  get(key: string): Promise<ConfigEntry | undefined> {
    return this.#memory.get(key)
  }

  list(prefix: string): Promise<ConfigSnapshot> {
    return this.#memory.list(prefix)
  }

  snapshot(): Promise<ConfigSnapshot> {
    return this.#memory.snapshot()
  }

  watch(revision: number, listener: (revision: ConfigRevision) => void): Promise<() => void> {
    return this.#memory.watch(revision, listener)
  }

  transact(compares: readonly ConfigCompare[], writes: readonly ConfigWrite[]): Promise<ConfigTransactionResult> {
    return this.#mutex.run(async () => {
      await this.#catchUp()
      const fits = await this.#memory.transact(compares, [])
      if (!fits.committed) return fits
      await this.#write(valuesAfter(this.#values, writes))
      return this.#memory.transact([], writes)
    })
  }

  status(): ConfigStoreStatus {
    return { unreadable: [], ...(this.#fault !== undefined && { fault: this.#fault }) }
  }

  async close(): Promise<void> {
    this.#cleanUp()
    await this.#mutex.run(() => this.#memory.close())
  }

  /** A write must not undo a change of the file that was not looked at yet, nor one that is still to be corrected. */
  async #catchUp(): Promise<void> {
    const { file } = this.#options
    try {
      const text = await readText(file)
      if (text !== this.#text) await this.#take(text)
    } catch (cause) {
      this.#fault = messageOf(cause)
      throw new StoreFileBrokenError(file, this.#fault, { cause })
    }
  }

  async #write(values: Values): Promise<void> {
    if (isDeepStrictEqual(values, this.#values)) return
    const { file, lastGood } = this.#options
    const text = renderConfiguration(
      values,
      'Written by the Admin API of Sluice; comments of an earlier version are gone.',
    )
    try {
      await replaceFile(file, text)
    } catch (cause) {
      throw new StoreFileUnwritableError(file, messageOf(cause), { cause })
    }
    this.#text = text
    this.#values = values
    await lastGood.write(text)
  }

  /** Whether anything changed; throws with what is wrong. */
  async #take(text: string): Promise<boolean> {
    if (endsWithMark(this.#text) && !endsWithMark(text)) {
      throw new Error('it no longer ends with a line #END, and is taken for half written')
    }
    const { read, seal, lastGood } = this.#options
    const { document, describe } = parseConfiguration(text)
    const { values, faults } = read(document)
    if (faults.length > 0) throw new Error(faults.slice(0, mostFaults).map(describe).join('; '))
    const writes = [...changesBetween(this.#values, values, seal)]
    await this.#memory.transact([], writes)
    this.#values = values
    this.#text = text
    this.#fault = undefined
    await lastGood.write(text)
    return writes.length > 0
  }
}

function* changesBetween(before: Values, after: Values, seal: FileStoreOptions['seal']): Generator<ConfigWrite> {
  for (const key of before.keys()) if (!after.has(key)) yield { kind: 'delete', key }
  for (const [key, value] of after) {
    if (!isDeepStrictEqual(before.get(key), value)) yield { kind: 'put', key, value: seal(key, value) }
  }
}

/** What the file is to hold; a resource with a time to live would outlive it there. */
function valuesAfter(values: Values, writes: readonly ConfigWrite[]): Values {
  const after = new Map(values)
  for (const write of writes) {
    after.delete(write.key)
    if (write.kind === 'put' && write.ttlSeconds === undefined) after.set(write.key, write.value)
  }
  return after
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
