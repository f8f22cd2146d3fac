import { type ItemFault, type JsonObject, readConfiguration } from '@sluice/core'
import type { Answer } from '../envelope.ts'
import { RequestInvalidError } from '../errors.ts'
import { mask } from '../secrets.ts'
import { restoringMasks } from '../standalone.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * POST `/configs/validate`: checks a whole configuration, `{routes: [...], services: [...], ...}`, without references between
 * its items. Masked secrets stand for those that are stored. Stores nothing.
 *
 * @throws RequestInvalidError, ConfigInvalidError where the body is no configuration; faults of its items are answered
 */
export const validateConfigs: Endpoint = async ({ validator, store, secrets }, { body }) => {
  if (body === undefined) throw new RequestInvalidError('invalid request body: empty request body')
  // Only for those is it needed what is stored.
  const { entries } = JSON.stringify(body).includes(mask) ? await store.list('/') : { entries: [] }
  const { faults } = readConfiguration(body, validator, restoringMasks(entries, secrets))
  return faults.length === 0 ? { status: 200, body: {} } : faultyConfiguration(faults)
}

/** The answer to a configuration whose items are wrong. */
export function faultyConfiguration(faults: readonly ItemFault[]): Answer {
  return { status: 400, body: { error_msg: 'Configuration validation failed', errors: faults.map(shownFault) } }
}

function shownFault({ collection, index, givenId, error }: ItemFault): JsonObject {
  return { resource_type: collection, ...(givenId !== undefined && { resource_id: givenId }), index, error }
}
