import { type ConfigEntry, createMutex, isJsonObject, type Json } from '@sluice/core'
import type { Log } from '@sluice/spi'
import { readIfThere, writePrivateFile } from './files.ts'

/** Last good versions of what is broken in etcd, over a restart; secret fields are encrypted as they are in etcd. */
export interface LastGoodObjects {
  readonly recalled: readonly ConfigEntry[]
  /** Writes others in the place of those, soon; a failure is logged. */
  keep(entries: readonly ConfigEntry[]): void
  /** Resolves once all of that is on disk. */
  flush(): Promise<void>
}

/** Opens their file; what is damaged in it is left out. */
export async function openLastGoodObjects(file: string, log: Log): Promise<LastGoodObjects> {
  const mutex = createMutex()
  return {
    recalled: entriesOf((await readIfThere(file)) ?? '[]'),
    keep(entries) {
      mutex
        .run(() => writePrivateFile(file, `${JSON.stringify(entries)}\n`))
        .catch((err: unknown) => log.error({ path: file, err }, 'last good versions cannot be kept for a restart'))
    },
    flush: () => mutex.run(async () => {}),
  }
}

function entriesOf(text: string): readonly ConfigEntry[] {
  let found: Json
  try {
    found = JSON.parse(text)
  } catch {
    return []
  }
  if (!Array.isArray(found)) return []
  return found.flatMap((each: Json) => {
    if (!isJsonObject(each)) return []
    const { key, value = null, createdIndex, modifiedIndex } = each
    if (typeof key !== 'string' || !isJsonObject(value)) return []
    return typeof createdIndex === 'number' && typeof modifiedIndex === 'number'
      ? [{ key, value, createdIndex, modifiedIndex }]
      : []
  })
}
