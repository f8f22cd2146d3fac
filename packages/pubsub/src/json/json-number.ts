// Far more than any number of 64 bits needs; what is longer is not worth the arithmetic.
const longestNumeral = 64
const numeral = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/
const mostDigits = 20

/** A number as it stands in the text, for a JavaScript number would round it. */
export class JsonNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/**
 * Parses JSON with every number as a {@link JsonNumber}.
 *
 * @throws SyntaxError, or RangeError where it is nested too deeply
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value,
  )
}

/** The JSON text of what {@link parseJson} gave, without white space, with every number as it stood there. */
export function jsonText(value: unknown): string {
  if (value instanceof JsonNumber) return value.source
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`)
    .join(',')}}`
}

/** The integer that a JSON number or a decimal string is, exactly, or undefined: 1.0 and 1e3 are integers, 1.5 is none. */
export function exactInteger(value: unknown): bigint | undefined {
  const text = value instanceof JsonNumber ? value.source : value
  if (typeof text !== 'string' || text.length > longestNumeral) return undefined
  const match = numeral.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return 0n
  const zeros = Number(exponent) - fraction.length + digits.length - significant.length
  if (zeros < 0 || significant.length + zeros > mostDigits) return undefined
  return BigInt(`${sign}${significant}${'0'.repeat(zeros)}`)
}
