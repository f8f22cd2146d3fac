import type { TObject } from 'typebox'
import type { JsonObject } from '../json.ts'

/** A schema made with typebox as plain JSON: without what typebox keeps beside it. */
export function plainSchema(schema: TObject): JsonObject {
  const plain: JsonObject = JSON.parse(JSON.stringify(schema))
  return plain
}
