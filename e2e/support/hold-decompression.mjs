// Preloaded into a gateway: the thread that decompresses large answers does nothing before a file is there.
import { existsSync, writeFileSync } from 'node:fs'
import { threadName } from 'node:worker_threads'

const { HOLD_BEGUN: begun, HOLD_UNTIL: until } = process.env
if (threadName === 'decompress' && begun !== undefined && until !== undefined) {
  writeFileSync(begun, '')
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(until)) Atomics.wait(never, 0, 0, 10)
}
