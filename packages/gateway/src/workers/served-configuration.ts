import { type ConfigRevision, type ConfigSnapshot, placeRevision } from '@sluice/core'
import type { DataPlane } from '@sluice/server'
import type { FromWorker } from './messages.ts'

/** The configuration that a worker serves: applies what comes next, leaves what it has, and asks where one is missing. */
export interface ServedConfiguration {
  replace(snapshot: ConfigSnapshot): void
  change(revision: ConfigRevision): void
  /** Asks for a snapshot where this revision is not served yet. */
  compare(revision: number): void
}

/** @param plane without any configuration yet */
export function createServedConfiguration(
  plane: Pick<DataPlane, 'apply' | 'change'>,
  tell: (message: FromWorker) => void,
): ServedConfiguration {
  let served = 0
  let hasAsked = false
  const ask = (): void => {
    if (hasAsked) return
    hasAsked = true
    tell({ kind: 'behind' })
  }
  const reached = (revision: number): void => {
    served = revision
    tell({ kind: 'applied', revision })
  }
  return {
    replace(snapshot) {
      hasAsked = false
      plane.apply(snapshot)
      reached(snapshot.revision)
    },
    change(revision) {
      const place = placeRevision(revision, served)
      // A snapshot may be newer than changes that were under way when it was taken.
      if (place === 'known') return
      if (place === 'gap') return ask()
      plane.change(revision)
      reached(revision.revision)
    },
    compare(revision) {
      if (revision > served) ask()
    },
  }
}
