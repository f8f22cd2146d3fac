import type { ErrorObject } from 'ajv'
import type { Json, JsonObject } from '../json.ts'

/** One value against one schema, with where both are. */
export interface Place {
  readonly schema: JsonObject
  /** Pointer to the schema as ajv writes it, e.g. `#/properties/uri`. */
  readonly schemaPath: string
  readonly value: Json
  /** Pointer to the value, e.g. `/uri`. */
  readonly instancePath: string
}

/** What the explanations of single keywords share. */
export interface Explainer {
  /** The first fault of a value, or undefined where there is none. */
  explain(place: Place): string | undefined
  /** What ajv found wrong with the value of a place for one keyword. */
  faults(place: Place, keyword: string): readonly ErrorObject[]
}
