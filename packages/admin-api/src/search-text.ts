import { createContext, Script } from 'node:vm'
import { RequestInvalidError } from './errors.ts'

const limitMs = 500
const script = new Script('texts.map((text) => pattern.test(text))')

/**
 * Which texts a regular expression is found in. The pattern comes from the one who asks, so the search is cut off after
 * half a second: one that backtracks without end must not hold up the gateway.
 *
 * @param name the argument of the query, for messages
 * @throws RequestInvalidError where the pattern is none or takes too long
 */
export function searchTexts(name: string, pattern: string, texts: readonly string[]): readonly boolean[] {
  const context = createContext({ texts, pattern: compile(name, pattern) })
  try {
    const found: boolean[] = script.runInContext(context, { timeout: limitMs })
    return found
  } catch (cause) {
    throw new RequestInvalidError(`invalid argument ${name}: the regular expression takes too long`, { cause })
  }
}

function compile(name: string, pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (cause) {
    throw new RequestInvalidError(`invalid argument ${name}: it is not a regular expression`, { cause })
  }
}
