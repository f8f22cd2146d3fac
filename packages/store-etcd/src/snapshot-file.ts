import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ConfigSnapshot } from '@sluice/core'
import type { Log } from '@sluice/spi'

const format = 1

interface Stored extends ConfigSnapshot {
  readonly format: number
  readonly prefix: string
}

/** The last good configuration on disk, for a start while etcd is away. Secret fields are encrypted as they are in etcd. */
export class SnapshotFile {
  readonly #file: string
  readonly #prefix: string
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #take: (() => ConfigSnapshot) | undefined

  constructor(file: string, prefix: string, log: Log) {
    this.#file = file
    this.#prefix = prefix
    this.#log = log
  }

  /** `undefined` where there is none, or none that can be used. */
  async read(): Promise<ConfigSnapshot | undefined> {
    const text = await readFile(this.#file, 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    try {
      const { format: found, prefix, revision, entries }: Stored = JSON.parse(text)
      if (found === format && prefix === this.#prefix) return { revision, entries }
    } catch {
      // Told below.
    }
    this.#log.warn({ path: this.#file }, 'the saved configuration is of another prefix or version, or damaged: ignored')
    return undefined
  }

  /** Writes what `take` gives, soon; calls until then are one. A large one is written less often. */
  schedule(take: () => ConfigSnapshot): void {
    this.#take = take
    this.#timer ??= setTimeout(() => this.#start(), 200).unref()
  }

  /** Writes what is due, and resolves when it is on disk. */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#take !== undefined) this.#start()
    await this.#writing
    clearTimeout(this.#timer)
  }

  #start(): void {
    const take = this.#take
    clearTimeout(this.#timer)
    this.#take = undefined
    if (take === undefined) {
      this.#timer = undefined
      return
    }
    this.#writing = this.#writing.then(async () => {
      const began = performance.now()
      await this.#write(take())
      // Changes that came meanwhile wait nine times as long as this took.
      this.#timer = setTimeout(() => this.#start(), 200 + 9 * (performance.now() - began)).unref()
    })
  }

  /** Whole or not at all, mode 0600, durable. What fails is told; the store goes on without. */
  async #write(snapshot: ConfigSnapshot): Promise<void> {
    const temporary = `${this.#file}.${process.pid}.new`
    try {
      const stored: Stored = { format, prefix: this.#prefix, ...snapshot }
      await withFile(await open(temporary, 'w', 0o600), async (handle) => {
        await handle.writeFile(JSON.stringify(stored))
        await handle.sync()
      })
      await rename(temporary, this.#file)
      await withFile(await open(dirname(this.#file), 'r'), (handle) => handle.sync())
    } catch (err) {
      this.#log.error({ err, path: this.#file }, 'the configuration could not be saved for a start without etcd')
    }
  }
}

async function withFile(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}
