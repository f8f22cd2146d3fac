import { ConfigInvalidError } from '../errors.ts'
import type { JsonObject } from '../json.ts'

const codeFields = ['script', 'script_id', 'filter_func']

/** @throws ConfigInvalidError where a resource holds code, which APISIX would run */
export function refuseCode(resource: JsonObject): void {
  const field = codeFields.find((name) => resource[name] !== undefined)
  if (field === undefined) return
  throw new ConfigInvalidError(
    `invalid configuration: ${field} is code, and code in the configuration is not run: remove it`,
  )
}
