import type { LookupAddress } from 'node:dns'
import type { DialTarget, ResolvedUpstream } from '@sluice/spi'
import { type AddressClass, addressClass } from './address-class.ts'
import { AddressRefused, type ClassifiedAddress } from './address-refused.ts'
import { NodeClasses } from './node-classes.ts'
import type { Resolve } from './resolve.ts'

/** The addresses of a target that may be dialled, one at least. Rejects with AddressRefused, or as the lookup does. */
export type Admission = (target: Pick<DialTarget, 'host' | 'port' | 'advertised'>) => Promise<readonly LookupAddress[]>

/** What an {@link Admission} is made of. */
export interface AdmissionOptions {
  readonly upstream: Pick<ResolvedUpstream, 'nodes'>
  /** Tells whether `egress.allow` lists an address. */
  readonly isAllowed: (address: string) => boolean
  readonly resolve: Resolve
  /** Milliseconds on any clock that only goes forward. */
  readonly now: () => number
}

/** An advertised address of the class on the left is dialled where a node is of one of those on the right. */
const admittedBy: Partial<Record<AddressClass, readonly AddressClass[]>> = {
  loopback: ['loopback'],
  private: ['private', 'loopback'],
  public: ['public'],
}

/**
 * Makes the egress policy of one upstream. What the operator wrote is never judged; what the upstream advertises is judged
 * by each of its resolved addresses, those that are then connected to.
 */
export function createAdmission({ upstream, isAllowed, resolve, now }: AdmissionOptions): Admission {
  const nodes = new NodeClasses(upstream.nodes, resolve, now)

  const isAdmitted = async ({ address, addressClass }: ClassifiedAddress): Promise<boolean> => {
    if (isAllowed(address)) return true
    const needed = admittedBy[addressClass]
    return needed !== undefined && nodes.hasAny(needed)
  }

  return async ({ host, port, advertised }) => {
    const found = await resolve(host)
    if (found.length === 0 || !advertised || nodes.hasNode(host, port)) return found
    const judged = await Promise.all(
      found.map(async (one) => {
        const classified = { address: one.address, addressClass: addressClass(one.address) }
        return { one, classified, admitted: await isAdmitted(classified) }
      }),
    )
    const admitted = judged.filter((each) => each.admitted)
    if (admitted.length === 0) throw new AddressRefused(judged.map(({ classified }) => classified))
    return admitted.map(({ one }) => one)
  }
}
