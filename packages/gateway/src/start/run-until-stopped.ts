import type { ProgramLog } from '../log.ts'

/** The part of `process` that tells when to stop. */
interface StopSource {
  on(event: string, listener: (value: unknown) => void): unknown
  off(event: string, listener: (value: unknown) => void): unknown
}

/** What {@link runUntilStopped} works with. */
export interface StopOptions {
  readonly source: StopSource
  readonly log: Pick<ProgramLog, 'info' | 'error' | 'fatal'>
  /** Whether an error that nothing caught has been dealt with, so that the process goes on. */
  survives(error: unknown): boolean
  /** Ends the service; resolves when nothing is left. */
  close(): Promise<void>
  /** Ends the process at once, for a second signal and for errors that nothing caught. */
  exit(code: number): void
}

/**
 * Serves until SIGTERM, SIGINT or the end of a parent that holds an IPC channel, then closes.
 *
 * @returns the exit code: 0, or 1 where closing failed
 */
export async function runUntilStopped({ source, log, survives, close, exit }: StopOptions): Promise<number> {
  const { promise: stopped, resolve } = Promise.withResolvers<string>()
  let stopping = false
  const onStop = (reason: string) => () => {
    if (stopping && reason !== parentGone) {
      log.error({}, `${reason} again: exiting at once`)
      exit(1)
    }
    stopping = true
    resolve(reason)
  }
  const onUncaught = (error: unknown): void => {
    if (survives(error)) return
    log.fatal({ err: error }, 'an error that nothing caught: exiting')
    exit(1)
  }
  const handlers: readonly (readonly [string, (value: unknown) => void])[] = [
    ['SIGTERM', onStop('SIGTERM')],
    ['SIGINT', onStop('SIGINT')],
    ['disconnect', onStop(parentGone)],
    // Rejections that nothing handles come here as well.
    ['uncaughtException', onUncaught],
  ]
  for (const [event, handler] of handlers) source.on(event, handler)
  try {
    log.info({}, `${await stopped}: finishing what is in flight`)
    await close()
    return 0
  } catch (error) {
    log.error({ err: error }, 'closing failed')
    return 1
  } finally {
    for (const [event, handler] of handlers) source.off(event, handler)
  }
}

const parentGone = 'the parent process is gone'
