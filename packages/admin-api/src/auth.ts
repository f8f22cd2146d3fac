import { createHash, timingSafeEqual } from 'node:crypto'
import { createAddressMatcher } from '@sluice/core'
import { AddressNotAllowedError, TokenRefusedError } from './errors.ts'
import type { FailedKeys } from './failed-keys.ts'

/** What the owner of a key may do: `viewer` reads and sees secrets masked. */
export type Role = 'admin' | 'viewer'

/** A key of the Admin API. */
export interface AdminKey {
  readonly key: string
  readonly role: Role
}

/** The part of a request that decides whether it may go on. */
export interface Credentials {
  readonly method: string
  readonly remoteAddress: string
  /** The header `X-API-KEY`. */
  readonly apiKey: string | string[] | undefined
}

/** Decides who may use the Admin API. */
export interface Guard {
  /** @throws AddressNotAllowedError */
  checkAddress(remoteAddress: string): void
  /** @throws TokenRefusedError, TooManyFailuresError */
  authenticate(credentials: Credentials): Role
}

/**
 * Makes a guard. The key is taken from the header `X-API-KEY` only: queries and cookies end up in logs and histories.
 *
 * @param allowAdmin addresses and ranges, e.g. `127.0.0.0/24`; an empty list lets every address in
 */
export function createGuard(keys: readonly AdminKey[], allowAdmin: readonly string[], failedKeys: FailedKeys): Guard {
  const known = keys.map(({ key, role }) => ({ digest: digest(key), role }))
  const isAllowed = allowAdmin.length === 0 ? () => true : createAddressMatcher(allowAdmin)
  return {
    checkAddress(remoteAddress) {
      if (!isAllowed(remoteAddress)) throw new AddressNotAllowedError(remoteAddress)
    },
    authenticate({ method, remoteAddress, apiKey }) {
      if (apiKey === undefined || apiKey === '') throw new TokenRefusedError('missing apikey')
      const given = digest(String(apiKey))
      const name = given.toString('base64')
      failedKeys.check(remoteAddress, name)
      const role = findRole(known, given)
      if (role === undefined) {
        failedKeys.failed(remoteAddress)
        throw new TokenRefusedError('wrong apikey')
      }
      failedKeys.succeeded(remoteAddress, name)
      if (role === 'viewer' && method !== 'GET') throw new TokenRefusedError('invalid method for role viewer')
      return role
    },
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Compares with every key, whichever fits: how long it takes tells nothing. */
function findRole(known: readonly { readonly digest: Buffer; readonly role: Role }[], given: Buffer): Role | undefined {
  let found: Role | undefined
  for (const { digest: expected, role } of known) {
    if (timingSafeEqual(expected, given)) found ??= role
  }
  return found
}
