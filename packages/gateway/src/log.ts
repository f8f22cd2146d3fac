import type { Log } from '@sluice/spi'
import { destination, type LoggerOptions, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { build as prettyStream } from 'pino-pretty'
import type { Config } from './config/schema.ts'
import { redact } from './redact.ts'

/** The log of the program: what Sluice hands out as {@link Log}, and what only the program needs. */
export interface ProgramLog extends Log {
  fatal(fields: object, message: string): void
  /** Writes out what is buffered; call before the process ends. */
  flush(): void
}

/** Opens the log on standard output: JSON, one object a line, or text to read. */
export function openLog({ level, format }: Config['log']): ProgramLog {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  if (isPretty) {
    const stream = prettyStream({
      sync: true,
      colorize: process.stdout.hasColors?.() === true,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss.l',
    })
    return createLog(pino({ ...options, level }, stream), () => {})
  }
  const stream = destination({ dest: 1, sync: false })
  return createLog(pino({ ...options, level }, stream), () => stream.flushSync())
}

const options: LoggerOptions = {
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }), log: redact },
  serializers: { err: stdSerializers.errWithCause, error: stdSerializers.errWithCause },
}

type Write = (fields: object, message: string) => void

function createLog(
  logger: Record<'debug' | 'info' | 'warn' | 'error' | 'fatal', Write>,
  flush: () => void,
): ProgramLog {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    fatal: (fields, message) => logger.fatal(fields, message),
    flush,
  }
}
