/**
 * When a JWT (RFC 7519) expires, in milliseconds since 1970; undefined for another kind of token and for one without
 * `exp`. Nothing is verified.
 */
export function expiryOf(token: string): number | undefined {
  const [, claims = ''] = token.split('.')
  try {
    const value: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const exp: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'exp') : undefined
    return typeof exp === 'number' && Math.abs(exp) < 8.64e12 ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
