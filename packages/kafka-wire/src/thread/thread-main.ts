// The thread in which large answers are decompressed and transcoded, so that the event loop goes on meanwhile.
import { parentPort } from 'node:worker_threads'
import { serveThread } from './serve-thread.ts'

if (parentPort !== null) serveThread(parentPort)
