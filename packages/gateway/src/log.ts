import type { Log } from '@sluice/spi'
import { destination, type LoggerOptions, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { build as prettyStream } from 'pino-pretty'
import type { Config } from './config/schema.ts'
import { redact } from './redact.ts'

/** The log of the program: what Sluice hands out as {@link Log}, and what only the program needs. */
export interface ProgramLog extends Log {
  fatal(fields: object, message: string): void
  /** Writes a line of JSON that the log of another process made. */
  forward(line: string): void
  /** Writes out what is buffered; call before the process ends. */
  flush(): void
}

/**
 * Opens the log on standard output: JSON, one object a line, or text to read.
 *
 * @param worker stands in each line; left out where one process does everything
 */
export function openLog({ level, format }: Config['log'], worker?: number | 'main'): ProgramLog {
  const own = { ...options, level, base: worker === undefined ? null : { worker } }
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  if (isPretty) {
    const stream = prettyStream({
      sync: true,
      colorize: process.stdout.hasColors?.() === true,
      ignore: 'pid,hostname,worker',
      messageFormat: '{if worker}[{worker}] {end}{msg}',
      translateTime: 'SYS:HH:MM:ss.l',
    })
    return createLog(
      pino(own, stream),
      (line) => stream.write(line),
      () => {},
    )
  }
  const stream = destination({ dest: 1, sync: false })
  return createLog(
    pino(own, stream),
    (line) => stream.write(line),
    () => stream.flushSync(),
  )
}

const options: LoggerOptions = {
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }), log: redact },
  serializers: { err: stdSerializers.errWithCause, error: stdSerializers.errWithCause },
}

type Write = (fields: object, message: string) => void

function createLog(
  logger: Record<'debug' | 'info' | 'warn' | 'error' | 'fatal', Write>,
  write: (text: string) => unknown,
  flush: () => void,
): ProgramLog {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    fatal: (fields, message) => logger.fatal(fields, message),
    forward: (line) => void write(`${line}\n`),
    flush,
  }
}
