import type { SaslSession } from './authenticate.ts'

/** Until when a SASL session is good, on the clock of `performance.now()`. */
export interface SessionTimes {
  /** When to authenticate again: between 85 and 95 % of its life, at random, so that not all connections do so at once. */
  readonly renewAt: number
  /** From when on it is not used. */
  readonly endsAt: number
  /** Whether the connection can be authenticated again; another one has to replace it else. */
  readonly renewable: boolean
}

// Brokers refuse to authenticate a connection more than once a second (KIP-368).
const LEAST_RENEWAL_MS = 1050

/** Of a connection without SASL, or whose session never ends. */
export const unlimitedSession: SessionTimes = {
  renewAt: Number.POSITIVE_INFINITY,
  endsAt: Number.POSITIVE_INFINITY,
  renewable: false,
}

/** The times of a session that a broker granted. KIP-368. */
export function sessionTimes({ lifetimeMs, startedAt }: SaslSession): SessionTimes {
  if (lifetimeMs <= 0) return unlimitedSession
  const renewalMs = lifetimeMs * (0.85 + Math.random() * 0.1)
  const renewAt = startedAt + renewalMs
  const renewable = renewalMs >= LEAST_RENEWAL_MS
  return { renewAt, endsAt: renewable ? startedAt + lifetimeMs : renewAt, renewable }
}
