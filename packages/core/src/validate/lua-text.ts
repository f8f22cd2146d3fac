/** How Lua, in which APISIX writes its error texts, shows values. */

/** The type of a JSON value as Lua names it; null is a `userdata` there. */
export function luaType(value: unknown): string {
  if (value === null) return 'userdata'
  return typeof value === 'object' ? 'table' : typeof value
}

const significantDigits = 14

/** A number in the form `%.14g` of C. */
export function luaNumber(value: number): string {
  const [mantissa = '', exponentText = '0'] = value.toExponential(significantDigits - 1).split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < significantDigits) {
    return stripZeros(value.toFixed(significantDigits - 1 - exponent))
  }
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${stripZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`
}

function stripZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** A string in the form `%q` of Lua: in double quotes, backslashes doubled. */
export function luaQuote(text: string): string {
  const escaped = text
    .replace(/["\\\n]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\0', '\\000')
  return `"${escaped}"`
}
