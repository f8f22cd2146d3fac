import type { Json } from '@sluice/core'
import { BodyInvalidError } from './errors.ts'

/** Deeper nesting is refused, as by the JSON parser of APISIX: what walks the value must not run out of stack. */
const maxDepth = 1000

/**
 * Parses the body of a request, whatever its content type says.
 *
 * @returns undefined where there is no body
 * @throws BodyInvalidError for what is not JSON in UTF-8, for a key given twice in one object (which of the two counts
 * would be a guess), for a key `__proto__` and for nesting deeper than 1000
 */
export function parseJsonBody(body: Buffer): Json | undefined {
  if (body.length === 0) return undefined
  const text = decode(body)
  const depth = depthOf(text)
  if (depth > maxDepth) throw new BodyInvalidError(`Found too many nested data structures (${depth})`)
  const value = parse(text)
  checkKeys(text)
  return value
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (cause) {
    throw new BodyInvalidError('it is not UTF-8', { cause })
  }
}

function parse(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch (cause) {
    throw new BodyInvalidError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '"') i = endOfString(text, i)
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}

/** Index of the closing quote of the string that opens at `start`; the last index of the text where it does not close. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '"') return i
    if (character === '\\') i++
  }
  return text.length - 1
}

/** Looks at the keys of all objects; the text is valid JSON. */
function checkKeys(text: string): void {
  const objects: (Set<string> | undefined)[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '{') objects.push(new Set())
    else if (character === '[') objects.push(undefined)
    else if (character === '}' || character === ']') objects.pop()
    else if (character === '"') {
      const end = endOfString(text, i)
      const keys = objects.at(-1)
      if (keys !== undefined && isFollowedByColon(text, end)) checkKey(keys, JSON.parse(text.slice(i, end + 1)))
      i = end
    }
  }
}

function isFollowedByColon(text: string, end: number): boolean {
  let i = end + 1
  while (/\s/.test(text.charAt(i))) i++
  return text.charAt(i) === ':'
}

function checkKey(keys: Set<string>, key: string): void {
  if (key === '__proto__') throw new BodyInvalidError('the key "__proto__" is not allowed')
  if (keys.has(key)) throw new BodyInvalidError(`the key ${JSON.stringify(key)} is given twice in one object`)
  keys.add(key)
}
