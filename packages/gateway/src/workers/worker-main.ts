// A worker of `sluice start`: serves clients, told by the main process over the IPC channel, and ends with it.
import { isToWorker, type ToWorker } from './messages.ts'

// First of all, before anything that takes time: without the main process there is nobody to end or to feed this one.
process.on('disconnect', () => process.exit(1))
// A terminal and some process managers send these to every process; the main process tells what to do.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {})

const early: ToWorker[] = []
let take = (message: ToWorker): void => {
  early.push(message)
}
process.on('message', (message) => {
  if (isToWorker(message)) take(message)
})

const { createWorker } = await import('./create-worker.ts')
take = createWorker()
for (const message of early) take(message)
