import type { Log, Metrics } from '@sluice/spi'

/** A line of a {@link RecordedLog}. @public */
export interface LogLine {
  /** The method of the log that was called. */
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Its first argument. */
  readonly fields: object
  /** Its second argument. */
  readonly message: string
}

/** A log that keeps what it is told. @public */
export interface RecordedLog extends Log {
  /** In the order in which they came. */
  readonly lines: readonly LogLine[]
}

/** Makes a log for a test. @public */
export function recordedLog(): RecordedLog {
  const lines: LogLine[] = []
  const keep = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

/** Metrics that can be read back. @public */
export interface RecordedMetrics extends Metrics {
  /** The value of a counter or gauge, summed over all labels that are not given; of a histogram how often it was told. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
}

/** Makes metrics for a test. @public */
export function recordedMetrics(): RecordedMetrics {
  const values = new Map<string, { readonly name: string; readonly labels: object; value: number }>()
  const cell = (name: string, labels: object = {}) => {
    const key = JSON.stringify([name, Object.entries(labels).sort()])
    const known = values.get(key) ?? { name, labels, value: 0 }
    values.set(key, known)
    return known
  }
  const adding = (name: string, _help: string, labels?: object) => {
    const own = cell(name, labels)
    return {
      add(value: number) {
        own.value += value
      },
    }
  }
  return {
    counter: adding,
    gauge: adding,
    histogram(name, _help, labels) {
      const own = cell(name, labels)
      return {
        observe() {
          own.value++
        },
      }
    },
    value(name, labels = {}) {
      const wanted = Object.entries(labels)
      return [...values.values()]
        .filter((each) => each.name === name && wanted.every(([key, value]) => Reflect.get(each.labels, key) === value))
        .reduce((sum, { value }) => sum + value, 0)
    },
  }
}
