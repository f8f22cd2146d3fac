import { once } from 'node:events'
import { forkServer } from '../fork-server.ts'
import { usageOfProcess } from '../process-time.ts'
import type { Usage } from '../usage.ts'

/** What the process is asked. */
export type BareRequest = { readonly kind: 'usage' } | { readonly kind: 'send'; readonly valueBytes: number }

/** A server of the same WebSocket library as the gateway's that does nothing else. */
export interface BareServer {
  readonly url: string
  usage(): Promise<Usage>
  /** Sends every client an answer with one record of so many bytes. */
  send(valueBytes: number): void
  close(): Promise<void>
}

/**
 * Starts one.
 *
 * @param mode `echo` sends each frame back, `fan-out` only what `send` says
 */
export async function startBare(mode: 'echo' | 'fan-out'): Promise<BareServer> {
  const { child, url, close } = await forkServer(new URL('bare-main.ts', import.meta.url), [mode])
  const tell = (request: BareRequest) => child.send(request)
  return {
    url,
    close,
    async usage() {
      // Counted alike on both sides, where that can be.
      const counted = await usageOfProcess(child.pid ?? 0)
      if (counted !== undefined) return counted
      const answered = once(child, 'message')
      tell({ kind: 'usage' })
      const [usage] = await answered
      return usage
    },
    send: (valueBytes) => void tell({ kind: 'send', valueBytes }),
  }
}
