import type { ErrorObject } from 'ajv'

/** What ajv found wrong with one value, to be looked up by keyword and place. */
export class Faults {
  readonly #errors = new Map<string, ErrorObject[]>()

  constructor(errors: readonly ErrorObject[]) {
    for (const error of errors) {
      const key = faultKey(error.schemaPath, error.instancePath)
      const known = this.#errors.get(key)
      if (known === undefined) this.#errors.set(key, [error])
      else known.push(error)
    }
  }

  /**
   * The errors of one keyword for one value.
   *
   * @param schemaPath pointer to the keyword, e.g. `#/properties/uri/type`
   * @param instancePath pointer to the value, e.g. `/uri`
   */
  at(schemaPath: string, instancePath: string): readonly ErrorObject[] {
    return this.#errors.get(faultKey(schemaPath, instancePath)) ?? []
  }
}

function faultKey(schemaPath: string, instancePath: string): string {
  return `${schemaPath}\n${instancePath}`
}

/** A property name as a segment of an instance path (RFC 6901). */
export function pointerSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** A property name as a segment of ajv's schema paths, which are URI fragments. */
export function fragmentSegment(name: string): string {
  return encodeURIComponent(pointerSegment(name))
}
