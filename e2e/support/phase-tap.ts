import type { Socket } from 'node:net'
import { openTcpTap } from './tcp-tap.ts'

/** A moment in the life of a TLS connection to a broker: its first record, or its n-th record of data (from 0). */
export type Moment = 'hello' | number

/** A port between a fault proxy and a broker, which looks at where a TLS connection is and can hold it there. */
export interface PhaseTap {
  /** Where it listens, `host:port`. */
  readonly address: string
  /** Records of data that the client has sent on the latest connection; TLS 1.3 hides its end of the handshake in one too. */
  readonly dataRecords: number
  /** Holds the next client that comes to this moment, before the broker sees it. */
  holdAt(moment: Moment): Held
  close(): Promise<void>
}

/** A client that is waited for, then held. */
export interface Held {
  /** Resolves when it has come and is held. */
  readonly reached: Promise<void>
  /** Lets it go on, or no longer waits for it. */
  release(): void
}

const RECORD_HEAD = 5
const APPLICATION_DATA = 23

interface Trap {
  readonly moment: Moment
  readonly reached: PromiseWithResolvers<void>
  readonly released: PromiseWithResolvers<void>
}

/**
 * Opens a tap that passes every byte on as it is. Only whole records of the client go on (RFC 8446, 5.1), so that each can
 * be counted.
 *
 * @param host to listen on
 * @param broker its port on 127.0.0.1
 */
export async function openPhaseTap(host: string, broker: number): Promise<PhaseTap> {
  let trap: Trap | undefined
  let dataRecords = 0

  const forward = (client: Socket, upstream: Socket): void => {
    dataRecords = 0
    let isFirst = true
    const isDue = (type: number): boolean => {
      const moment = isFirst ? 'hello' : type === APPLICATION_DATA ? dataRecords : undefined
      isFirst = false
      if (type === APPLICATION_DATA) dataRecords++
      return moment !== undefined && trap?.moment === moment
    }
    void forwardRecords(client, upstream, async (type) => {
      if (!isDue(type) || trap === undefined) return
      const { reached, released } = trap
      trap = undefined
      reached.resolve()
      await released.promise
    })
    upstream.pipe(client)
  }
  const tap = await openTcpTap(host, () => broker, forward)
  return {
    address: `${host}:${tap.port}`,
    get dataRecords() {
      return dataRecords
    },
    holdAt(moment) {
      const mine: Trap = { moment, reached: Promise.withResolvers(), released: Promise.withResolvers() }
      trap = mine
      return {
        reached: mine.reached.promise,
        release() {
          if (trap === mine) trap = undefined
          mine.released.resolve()
        },
      }
    },
    close: () => tap.close(),
  }
}

async function forwardRecords(from: Socket, to: Socket, before: (type: number) => Promise<void>): Promise<void> {
  let pending = Buffer.alloc(0)
  try {
    for await (const chunk of from) {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= RECORD_HEAD) {
        const end = RECORD_HEAD + pending.readUInt16BE(3)
        if (pending.length < end) break
        await before(pending.readUInt8(0))
        to.write(pending.subarray(0, end))
        pending = pending.subarray(end)
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}
