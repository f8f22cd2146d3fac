import type { ProgramLog } from '../../src/log.ts'

/** A log that keeps `level message`, one a line. */
export function createRecordedLog(): ProgramLog & { readonly lines: readonly string[] } {
  const lines: string[] = []
  const record = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level} ${message}`)
  }
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
    forward: (line) => {
      lines.push(line)
    },
    flush: () => {},
  }
}
