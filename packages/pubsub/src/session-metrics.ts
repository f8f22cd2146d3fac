import type { Counter, Histogram, Metrics } from '@sluice/spi'

/** What a session counts; shared by all sessions of a scheme. */
export interface SessionMetrics {
  /** Notes an answered command; `seconds` from its frame to its answer, `code` 0 or that of the ErrorResp. */
  answered(command: string, code: number, seconds: number): void
  /** Notes the bytes of an answer, envelope included. */
  sent(bytes: number): void
  /** Notes an exception in the scheme. */
  failed(): void
}

/** Registers the metrics of a scheme. */
export function createSessionMetrics(metrics: Metrics, scheme: string): SessionMetrics {
  const bytes = metrics.counter('pubsub_sent_bytes_total', 'Bytes of answers sent to clients', { scheme })
  const failures = metrics.counter('scheme_failures_total', 'Exceptions in schemes', { scheme })
  const byCommand = new Map<string, { ok: Counter; failed: Counter; latency: Histogram }>()
  const of = (command: string) => {
    const known = byCommand.get(command)
    if (known !== undefined) return known
    const counter = (result: string) =>
      metrics.counter('pubsub_commands_total', 'Commands answered', { scheme, command, result })
    const made = {
      ok: counter('ok'),
      failed: counter('error'),
      latency: metrics.histogram('pubsub_command_seconds', 'Time from a command to its answer', { scheme, command }),
    }
    byCommand.set(command, made)
    return made
  }
  return {
    answered(command, code, seconds) {
      const { ok, failed, latency } = of(command)
      if (code === 0) ok.add(1)
      else failed.add(1)
      latency.observe(seconds)
    },
    sent: (count) => bytes.add(count),
    failed: () => failures.add(1),
  }
}
