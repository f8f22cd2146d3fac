import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type Json } from '@sluice/core'

/** One difference between what is stored and what would be. */
export type Change = {
  readonly op: 'add' | 'remove' | 'replace'
  /** JSON pointer, RFC 6901; the whole resource is ''. */
  readonly path: string
  /** What is stored there; absent with `add`. */
  readonly from?: Json
  /** What would be there; absent with `remove`. */
  readonly value?: Json
}

/** The two forms of a value: to compare, and to show. */
interface Sides {
  readonly plain: Json
  readonly shown: Json
}

/**
 * What a write changes, field by field; lists count as a whole.
 *
 * @param before what is stored, with its secrets, and as it may be shown; undefined where nothing is
 * @param after what would be, likewise
 */
export function changesBetween(before: Sides | undefined, after: Sides | undefined): readonly Change[] {
  return [...differences('', before, after)]
}

// Written by the gateway with each write.
const uncounted = new Set(['/create_time', '/update_time'])

function* differences(path: string, before: Sides | undefined, after: Sides | undefined): Generator<Change> {
  if (uncounted.has(path) || isDeepStrictEqual(before?.plain, after?.plain)) return
  if (before === undefined) {
    if (after !== undefined) yield { op: 'add', path, value: after.shown }
  } else if (after === undefined) {
    yield { op: 'remove', path, from: before.shown }
  } else if (isJsonObject(before.plain) && isJsonObject(after.plain)) {
    const names = new Set([...Object.keys(before.plain), ...Object.keys(after.plain)])
    for (const name of names) {
      const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1')
      yield* differences(`${path}/${escaped}`, fieldOf(before, name), fieldOf(after, name))
    }
  } else {
    yield { op: 'replace', path, from: before.shown, value: after.shown }
  }
}

function fieldOf({ plain, shown }: Sides, name: string): Sides | undefined {
  const value = memberOf(plain, name)
  if (value === undefined) return undefined
  // What is shown as one text in place of an object hides all that is in it.
  return { plain: value, shown: isJsonObject(shown) ? (memberOf(shown, name) ?? value) : shown }
}

function memberOf(value: Json, name: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
