import type { ConfigChange, ConfigEntry } from '../config-store.ts'
import type { JsonObject } from '../json.ts'
import { mapTexts } from '../json-fields.ts'
import { managedReferencesIn, managerOf } from './secret-reference.ts'
import type { SecretStoreOptions } from './secret-store.ts'

/** What is known of one reference. */
interface Known {
  /** As it was read last; undefined where it never was. */
  value: string | undefined
  /** The same, encrypted once. */
  sealed: string | undefined
  /** Why the last try failed. */
  fault: string | undefined
  reading: Promise<void> | undefined
  /** Keys of the resources that hold it. */
  readonly holders: Set<string>
}

/** The `$secret://` references of stored resources, and what they lead to. */
export class SecretReferences {
  readonly #options: SecretStoreOptions
  readonly #changed: (changes: readonly ConfigChange[]) => void
  /** Resources that hold references, as stored. */
  readonly #holders = new Map<string, ConfigEntry>()
  readonly #managers = new Map<string, ConfigEntry>()
  readonly #known = new Map<string, Known>()
  #cancelTimer: () => void = () => {}
  #nextRefresh = 0
  #isClosed = false

  /** @param changed told of resources whose values are others by now, opened */
  constructor(options: SecretStoreOptions, changed: (changes: readonly ConfigChange[]) => void) {
    this.#options = options
    this.#changed = changed
  }

  /** How many references have no value. */
  get unresolved(): number {
    return [...this.#known.values()].filter(({ value }) => value === undefined).length
  }

  /** Remembers a secret manager; one that is another than before is asked at once. */
  take(entry: ConfigEntry): void {
    const name = managerName(entry.key)
    if (name === undefined || this.#managers.get(name)?.modifiedIndex === entry.modifiedIndex) return
    this.#managers.set(name, entry)
    this.#readAllOf(name)
  }

  /** The resource with what its references lead to, as far as that is known; what is not is read. */
  open(entry: ConfigEntry): ConfigEntry {
    this.take(entry)
    const found = managedReferencesIn(entry.value)
    this.#release(entry.key, found)
    if (found.size === 0) return entry
    this.#holders.set(entry.key, entry)
    for (const reference of found) this.#want(reference, entry.key)
    return this.known(entry)
  }

  /** The resource with what is known of its references; they are not followed for it. */
  known(entry: ConfigEntry): ConfigEntry {
    return { ...entry, value: this.#opened(entry.value) }
  }

  /** All resources that hold references, with what is known of these. */
  changes(): readonly ConfigChange[] {
    return [...this.#holders.values()].map((entry) => this.#change(entry))
  }

  /** A resource is gone. */
  forget(key: string): void {
    this.#release(key, new Set())
    const name = managerName(key)
    if (name === undefined || !this.#managers.delete(name)) return
    for (const known of this.#of(name)) [known.value, known.sealed] = [undefined, undefined]
    this.#tell(this.#of(name))
    this.#readAllOf(name)
  }

  /** Resolves once what is read for the first time was, or when that takes too long. */
  async settled(): Promise<void> {
    // What failed before would hold every write up while its manager is away.
    const fresh = [...this.#known.values()].filter(({ value, fault }) => value === undefined && fault === undefined)
    const reading = fresh.flatMap(({ reading }) => reading ?? [])
    if (reading.length === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(this.#options.patienceMs, resolve)
    await Promise.race([Promise.all(reading), promise])
    cancel()
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer()
  }

  #want(reference: string, key: string): void {
    let known = this.#known.get(reference)
    if (known === undefined) {
      known = { value: undefined, sealed: undefined, fault: undefined, reading: undefined, holders: new Set() }
      this.#known.set(reference, known)
      this.#read(reference, known)
      this.#schedule()
    }
    known.holders.add(key)
  }

  #release(key: string, kept: ReadonlySet<string>): void {
    const before = this.#holders.get(key)
    if (before === undefined) return
    for (const reference of managedReferencesIn(before.value)) {
      if (kept.has(reference)) continue
      const known = this.#known.get(reference)
      known?.holders.delete(key)
      if (known?.holders.size === 0) this.#known.delete(reference)
    }
    this.#holders.delete(key)
  }

  #read(reference: string, known: Known): void {
    if (known.reading !== undefined) return
    const manager = this.#managers.get(managerOf(reference) ?? '')
    known.reading = this.#options
      .read(reference, manager)
      .then(
        (value) => this.#found(known, value),
        (error: unknown) => {
          const fault = error instanceof Error ? error.message : String(error)
          if (fault !== known.fault) this.#options.onFault(reference, error, known.value !== undefined)
          known.fault = fault
        },
      )
      .finally(() => {
        known.reading = undefined
      })
  }

  #found(known: Known, value: string): void {
    known.fault = undefined
    if (known.value === value || this.#isClosed) return
    known.value = value
    known.sealed = this.#options.seal(value)
    this.#tell([known])
  }

  #tell(known: readonly Known[]): void {
    const keys = new Set(known.flatMap(({ holders }) => [...holders]))
    const changes = [...keys].flatMap((key) => this.#holders.get(key) ?? []).map((entry) => this.#change(entry))
    if (changes.length > 0) this.#changed(changes)
  }

  #change(entry: ConfigEntry): ConfigChange {
    return { key: entry.key, entry: this.known(entry) }
  }

  #of(manager: string): Known[] {
    return [...this.#known].flatMap(([reference, known]) => (managerOf(reference) === manager ? [known] : []))
  }

  #readAllOf(manager: string): void {
    for (const [reference, known] of this.#known) {
      if (managerOf(reference) === manager) this.#read(reference, known)
    }
  }

  /** One timer for all: what never was read is tried more often than what was. */
  #schedule(): void {
    const { clock, refreshMs, retryMs } = this.#options
    this.#cancelTimer()
    if (this.#isClosed || this.#known.size === 0) return
    if (this.#nextRefresh <= clock.now()) this.#nextRefresh = clock.now() + refreshMs
    const untilRefresh = this.#nextRefresh - clock.now()
    this.#cancelTimer = clock.after(this.unresolved > 0 ? Math.min(retryMs, untilRefresh) : untilRefresh, () => {
      const isRefresh = this.#nextRefresh <= clock.now()
      for (const [reference, known] of this.#known) {
        if (isRefresh || known.value === undefined) this.#read(reference, known)
      }
      this.#schedule()
    })
  }

  #opened(value: JsonObject): JsonObject {
    return mapTexts(value, (text) => this.#known.get(text)?.sealed ?? text)
  }
}

/** `vault/1` of `/secrets/vault/1`. */
function managerName(key: string): string | undefined {
  return key.startsWith('/secrets/') ? key.slice('/secrets/'.length) : undefined
}
