import type { Metrics } from '@sluice/spi'

/** Counts what a plugin threw that is no refusal, or that it took too long. */
export function countFailure(metrics: Metrics, plugin: string): void {
  metrics.counter('plugin_failures_total', 'Exceptions in plugins', { plugin }).add(1)
}

/** Counts what a scheme threw that is no error of the catalogue. */
export function countSchemeFailure(metrics: Metrics, scheme: string): void {
  metrics.counter('scheme_failures_total', 'Exceptions in schemes', { scheme }).add(1)
}
