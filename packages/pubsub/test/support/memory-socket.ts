import type { MessageSocket } from '@sluice/spi'

/** A socket in memory: what the session sends is kept until the test takes it. */
export class MemorySocket implements MessageSocket {
  readonly sent: { readonly data: Buffer; readonly isText: boolean; readonly taken: () => void }[] = []
  closed: { readonly code: number; readonly reason: string } | undefined
  paused = false
  /** Whether the client takes what it is sent at once. */
  reads = true
  queuedBytes = 0
  #onMessage: (data: Buffer, isText: boolean) => void = () => {}
  #onClose: () => void = () => {}

  onMessage(listener: (data: Buffer, isText: boolean) => void): void {
    this.#onMessage = listener
  }

  onClose(listener: () => void): void {
    this.#onClose = listener
  }

  send(head: Buffer, chunks: readonly Buffer[], taken: () => void, isText = false): void {
    const data = Buffer.concat([head, ...chunks])
    this.queuedBytes += data.length
    this.sent.push({ data, isText, taken })
    if (this.reads) this.take(this.sent.length - 1)
  }

  /** The client takes one answer. */
  take(index: number): void {
    const sent = this.sent[index]
    if (sent === undefined) throw new Error(`nothing was sent as number ${index}`)
    this.queuedBytes -= sent.data.length
    sent.taken()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason }
    this.#onClose()
  }

  terminate(): void {
    this.close(1006, '')
  }

  /** The client sends a frame. */
  receive(data: Buffer | string): void {
    this.#onMessage(Buffer.from(data), typeof data === 'string')
  }

  /** The client leaves. */
  leave(): void {
    this.#onClose()
  }
}
