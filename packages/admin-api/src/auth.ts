import { createAddressMatcher } from '@sluice/core'
import { AddressNotAllowedError, TokenRefusedError } from './errors.ts'
import type { FailedKeys } from './failed-keys.ts'
import type { KeyHolder } from './keys/grant.ts'
import { digestOf, type KeyTable } from './keys/key-table.ts'

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
  authenticate(credentials: Credentials): KeyHolder
}

/**
 * Makes a guard. The key is taken from the header `X-API-KEY` only: queries and cookies end up in logs and histories.
 *
 * @param allowAdmin addresses and ranges, e.g. `127.0.0.0/24`; an empty list lets every address in
 */
export function createGuard(keys: KeyTable, allowAdmin: readonly string[], failedKeys: FailedKeys): Guard {
  const isAllowed = allowAdmin.length === 0 ? () => true : createAddressMatcher(allowAdmin)
  return {
    checkAddress(remoteAddress) {
      if (!isAllowed(remoteAddress)) throw new AddressNotAllowedError(remoteAddress)
    },
    authenticate({ method, remoteAddress, apiKey }) {
      if (apiKey === undefined || apiKey === '') throw new TokenRefusedError('missing apikey')
      const given = digestOf(String(apiKey))
      const name = given.toString('base64')
      failedKeys.check(remoteAddress, name)
      const holder = keys.find(given)
      if (holder === undefined) {
        failedKeys.failed(remoteAddress)
        throw new TokenRefusedError('wrong apikey')
      }
      failedKeys.succeeded(remoteAddress, name)
      if (holder.role === 'viewer' && method !== 'GET' && holder.grants.length === 0) {
        throw new TokenRefusedError('invalid method for role viewer')
      }
      return holder
    },
  }
}
