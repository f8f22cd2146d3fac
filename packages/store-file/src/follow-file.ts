import { stat } from 'node:fs/promises'

/**
 * Looks at a file again and again, and calls back when it is another than before: no event tells of a link or a mount that is
 * exchanged. `isSettled` tells whether it was the same in two looks in a row; until then calls repeat.
 *
 * @param changed resolves with whether it has seen enough of this version
 */
export function followFile(
  file: string,
  pollMs: number,
  changed: (isSettled: boolean) => Promise<boolean>,
): () => void {
  let taken: string | undefined
  let last: string | undefined
  let isLooking = false
  const look = async (): Promise<void> => {
    const found = await signature(file)
    const isSettled = found === last
    last = found
    if (found === taken) return
    if (await changed(isSettled)) taken = found
  }
  const timer = setInterval(async () => {
    if (isLooking) return
    isLooking = true
    await look()
    isLooking = false
  }, pollMs)
  return () => clearInterval(timer)
}

/** Differs between versions of a file, links followed; that of a file that is not there is a text as well. */
async function signature(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return String(error)
  }
}
