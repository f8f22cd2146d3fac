import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes of the heap that are still in use. */
export function liveHeapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** The names of what every object and array inherits; a polluted prototype has more. */
export function prototypeNames(): readonly PropertyKey[] {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype, Buffer.prototype].flatMap((each) =>
    Reflect.ownKeys(each),
  )
}
