import { createHmac, randomBytes } from 'node:crypto'

/** Where a consumer or a credential stands among the stored resources. */
export interface ConsumerPlace {
  readonly username: string
  readonly credentialId?: string
}

/** The place that a key such as `/consumers/jack/credentials/c1` names; undefined for a key of another resource. */
export function consumerPlace(key: string): ConsumerPlace | undefined {
  const [, username, credentialId] = /^\/consumers\/([^/]+)(?:\/credentials\/([^/]+))?$/.exec(key) ?? []
  if (username === undefined) return undefined
  return credentialId === undefined ? { username } : { username, credentialId }
}

// Known to this process only: what a look-up compares then has nothing in common with what a client sent.
const secret = randomBytes(32)

/** Under which the value that tells consumers apart is kept and looked up, for one plugin. */
export function keyDigest(plugin: string, value: string): string {
  return createHmac('sha256', secret).update(plugin).update('\0').update(value).digest('base64')
}
