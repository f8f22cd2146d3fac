// Loaded into a gateway by leaks.ts: on SIGUSR2 it collects garbage, so that what the heap holds can be measured.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc')
  process.on('SIGUSR2', () => collectGarbage())
}
