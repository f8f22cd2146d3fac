/** A reused piece of memory, owned by whoever acquired it until `release()`. */
export class Slab {
  /** The whole memory, alone in its ArrayBuffer; its content is whatever the last owner left. */
  readonly buffer: Buffer
  /** The same memory, for reading and writing eight bytes at a time. */
  readonly view: DataView
  /** The pool that has lent it out; undefined while it is not lent. */
  lender: SlabPool | undefined

  constructor(buffer: Buffer) {
    this.buffer = buffer
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
  }
}

/** What a pool holds and has lent out. */
export interface SlabPoolStats {
  /** Slabs acquired and not released yet. */
  readonly outstanding: number
  /** Bytes kept for reuse. */
  readonly pooledBytes: number
}

/** How a pool keeps slabs. */
interface SlabPoolOptions {
  readonly maxPooledBytes?: number
  readonly shared?: boolean
}

const SMALLEST_SLAB = 4096
// A slab beyond this is rare and would push all others out of the pool.
const LARGEST_POOLED_SLAB = 16 * 1024 * 1024

/** The size of the slab that serves `bytes`: four classes for each power of two, so at most a fifth is unused. */
const slabSize = (bytes: number): number => {
  if (bytes <= SMALLEST_SLAB) return SMALLEST_SLAB
  if (bytes > LARGEST_POOLED_SLAB) return bytes
  const step = 2 ** (29 - Math.clz32(bytes - 1))
  return Math.ceil(bytes / step) * step
}

/**
 * Output memory by size class. Reuse is what makes the read path cheap: a fresh megabyte costs more in page faults than
 * transcoding into it.
 */
export class SlabPool {
  readonly #free = new Map<number, Slab[]>()
  readonly #maxPooledBytes: number
  readonly #shared: boolean
  #outstanding = 0
  #pooledBytes = 0

  /**
   * @param options `maxPooledBytes`: bytes kept for reuse, 32 MiB by default; 0 keeps none. `shared`: whether other threads
   * may be shown the memory, as a SharedArrayBuffer.
   */
  constructor({ maxPooledBytes = 32 * 1024 * 1024, shared = false }: SlabPoolOptions = {}) {
    this.#maxPooledBytes = maxPooledBytes
    this.#shared = shared
  }

  /** Lends a slab of at least `bytes` bytes. */
  acquire(bytes: number): Slab {
    const size = slabSize(bytes)
    const pooled = this.#free.get(size)?.pop()
    if (pooled !== undefined) this.#pooledBytes -= size
    const slab =
      pooled ?? new Slab(this.#shared ? Buffer.from(new SharedArrayBuffer(size)) : Buffer.allocUnsafeSlow(size))
    slab.lender = this
    this.#outstanding++
    return slab
  }

  /** Takes a slab back; the second time, or for a slab of another pool, it does nothing. */
  release(slab: Slab): void {
    if (slab.lender !== this) return
    slab.lender = undefined
    this.#outstanding--
    const size = slab.buffer.length
    if (size > LARGEST_POOLED_SLAB || this.#pooledBytes + size > this.#maxPooledBytes) return
    this.#pooledBytes += size
    const sameSize = this.#free.get(size)
    if (sameSize) sameSize.push(slab)
    else this.#free.set(size, [slab])
  }

  stats(): SlabPoolStats {
    return { outstanding: this.#outstanding, pooledBytes: this.#pooledBytes }
  }
}
