import { asDefect, corrupt } from './batch-defect.ts'
import type { BatchCursor } from './record-batch.ts'
import { cursor, readVarint, readVarlong } from './varint.ts'

/** An entry of `aborted_transactions` in a Fetch answer. */
export interface AbortedTransaction {
  readonly producerId: bigint
  /** Offset of the first record of the transaction. */
  readonly firstOffset: bigint
}

const ABORT_MARKER = 0

/** Which batches a `read_committed` reader must not deliver (KIP-98). Batches are shown to it in order of offset. */
export class AbortedTransactions {
  readonly #ahead: AbortedTransaction[]
  readonly #aborting = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    // Last first, so that the next one is popped.
    this.#ahead = [...transactions].sort((a, b) => (a.firstOffset < b.firstOffset ? 1 : -1))
  }

  /** Whether the records of the batch belong to an aborted transaction. */
  covers(batch: BatchCursor): boolean {
    for (let next = this.#ahead.at(-1); next && next.firstOffset <= batch.lastOffset; next = this.#ahead.at(-1)) {
      this.#aborting.add(next.producerId)
      this.#ahead.pop()
    }
    return batch.isTransactional && this.#aborting.has(batch.producerId)
  }

  /** Takes note of a control batch: an abort marker ends its producer's transaction. Throws BatchDefect. */
  passControl(batch: BatchCursor): void {
    try {
      if (batch.recordCount > 0 && controlType(batch) === ABORT_MARKER) this.#aborting.delete(batch.producerId)
    } catch (error) {
      throw asDefect(error)
    }
  }
}

/** The type in the key of a control record, which is never compressed: version int16, type int16 (0 abort, 1 commit). */
const controlType = (batch: BatchCursor): number => {
  const { view } = batch.memory
  if (batch.codec !== 0) throw corrupt('is a compressed control batch')
  readVarint(view, batch.recordsStart)
  readVarlong(view, cursor + 1)
  readVarint(view, cursor)
  const keyLength = readVarint(view, cursor)
  if (keyLength < 4 || keyLength > batch.end - cursor) throw corrupt('has a control record without a type')
  return view.getInt16(cursor + 2)
}
