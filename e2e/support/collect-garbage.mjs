// Loaded into a gateway by leaks.ts: on SIGUSR2 it collects garbage, so that what the heap holds can be measured, and logs which
// of the built-in prototypes have other properties than at the start.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc')
  const properties = () =>
    [Object, Array, Function, String, Number, Boolean, Map, Set, Promise, Error].map(({ name, prototype }) =>
      [name, ...Reflect.ownKeys(prototype).map(String)].join(),
    )
  const atStart = properties()
  process.on('SIGUSR2', () => {
    collectGarbage()
    const changed = properties().filter((now, index) => now !== atStart[index])
    process.stdout.write(`${JSON.stringify({ level: 'info', msg: 'prototypes', changed })}\n`)
  })
}
