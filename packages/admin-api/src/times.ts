import { isJsonObject, type JsonObject } from '@sluice/core'
import { RequestInvalidError } from './errors.ts'

const fields = ['create_time', 'update_time'] as const

/** @throws RequestInvalidError where a PUT or POST sets a time, at the top or in `upstream` or `plugins` */
export function refuseTimes(value: JsonObject): void {
  const parts = [
    ['', value],
    ['upstream.', value.upstream],
    ['plugins.', value.plugins],
  ] as const
  for (const [prefix, part] of parts) {
    const field = isJsonObject(part) ? fields.find((name) => part[name] !== undefined) : undefined
    if (field !== undefined) throw new RequestInvalidError(`the property is forbidden:  ${prefix}${field}`)
  }
}

/**
 * Sets the times of a resource, Unix seconds.
 *
 * @param previous the stored resource, whose `create_time` stays
 * @param kept times that a whole PATCH gives itself
 */
export function stampTimes(
  value: JsonObject,
  previous: JsonObject | undefined,
  now: number,
  kept: JsonObject = {},
): JsonObject {
  return {
    ...value,
    create_time: value.create_time ?? previous?.create_time ?? now,
    update_time: kept.update_time ?? now,
  }
}
