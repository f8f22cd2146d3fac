/** The thread that owns the database: SQLite blocks while it waits for the disk, and the event loop must not. */
import { parentPort, workerData } from 'node:worker_threads'
import { ConfigDatabase } from './config-database.ts'
import { openDatabase } from './open-database.ts'
import type { StoreReply, StoreRequest } from './protocol.ts'
import { toFault } from './store-fault.ts'

function serve(file: string, now: number, answer: (reply: StoreReply) => void): (request: StoreRequest) => void {
  const db = openDatabase(file)
  const config = new ConfigDatabase(db)
  const run = (id: number, body: () => StoreReply) => {
    try {
      answer(body())
    } catch (error) {
      answer({ id, fault: toFault(error) })
    }
  }
  run(0, () => ({ id: 0, result: config.run({ kind: 'expire' }, now) }))
  return (request) => {
    if ('close' in request) {
      db.close()
      parentPort?.close()
    } else run(request.id, () => ({ id: request.id, result: config.run(request.call, request.now) }))
  }
}

const { file, now }: { file: string; now: number } = workerData
const answer = (reply: StoreReply) => parentPort?.postMessage(reply)
try {
  parentPort?.on('message', serve(file, now, answer))
} catch (error) {
  answer({ id: 0, fault: toFault(error) })
}
