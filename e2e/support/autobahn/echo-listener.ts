import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The gateway's listener in a process of its own, sending back each message. */
export interface EchoListener {
  /** `ws://host:port`. */
  readonly url: string
  close(): Promise<void>
}

/** Starts it. @param messageBytes what `limits.message_bytes` is in the configuration */
export async function startEchoListener(messageBytes: number): Promise<EchoListener> {
  const child = fork(fileURLToPath(new URL('echo-listener-main.ts', import.meta.url)), [String(messageBytes)])
  const exited = once(child, 'exit')
  const gone = exited.then(([code]) => {
    throw new Error(`the listener ended with ${code} before it listened`)
  })
  const [url] = await Promise.race([once(child, 'message'), gone])
  return {
    url: String(url),
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
