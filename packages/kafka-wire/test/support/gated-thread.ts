// Run by a test as a thread: does nothing before the test opens its gate.
import { parentPort, workerData } from 'node:worker_threads'
import { serveThread } from '../../src/thread/serve-thread.ts'

const gate: Int32Array = workerData
Atomics.wait(gate, 0, 0)
if (parentPort !== null) serveThread(parentPort)
