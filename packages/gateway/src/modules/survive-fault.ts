import type { Log, Metrics } from '@sluice/spi'
import { faultOwner } from './fault-owner.ts'
import type { AddedPackage } from './load-modules.ts'

/** Whether the process goes on after an error that nothing caught. */
export type SurviveFault = (error: unknown) => boolean

/**
 * What nothing caught in a package of the configuration, in a timer of its own perhaps, ends nothing: it is logged with the name of
 * the package and counted. What nothing caught in the gateway ends it, for nobody knows what state it is in.
 */
export function createSurviveFault(
  added: readonly AddedPackage[],
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): SurviveFault {
  return (error) => {
    const owner = faultOwner(error, added)
    if (owner === undefined) {
      // What is no Error does not say where it comes from, and we throw nothing of the kind.
      if (added.length === 0 || !isValue(error)) return false
      log.error({ err: error }, 'a value that nothing caught, thrown by one of the packages of the configuration')
      return true
    }
    const { kind, name, package: specifier } = owner
    metrics.counter(`${kind}_failures_total`, `Exceptions in ${kind}s`, { [kind]: name }).add(1)
    log.error(
      { err: error, [kind]: name, package: specifier },
      'nothing caught an error of a package of the configuration',
    )
    return true
  }
}

/** Whether it is no Error, or what Node makes of a rejection with one that is none. */
function isValue(error: unknown): boolean {
  return !(error instanceof Error) || ('code' in error && error.code === 'ERR_UNHANDLED_REJECTION')
}
