/** Origins that may use the Admin API from a browser. */
export interface CorsOptions {
  /** E.g. `https://dashboard.example`; `*` stands for all. */
  readonly origins: readonly string[]
}

/**
 * Headers that let the origin of a request read the answer; none where the origin may not.
 *
 * @param isPreflight whether the browser asks before it sends the request itself (`OPTIONS`)
 */
export function corsHeaders(
  cors: CorsOptions | undefined,
  origin: string | undefined,
  isPreflight: boolean,
): Readonly<Record<string, string>> {
  if (cors === undefined || origin === undefined) return {}
  const isAny = cors.origins.includes('*')
  if (!isAny && !cors.origins.includes(origin)) return {}
  return {
    'Access-Control-Allow-Origin': isAny ? '*' : origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': '*',
    'Access-Control-Max-Age': '3600',
    ...(isAny ? {} : { Vary: 'Origin' }),
    ...(isPreflight ? preflightHeaders : {}),
  }
}

const preflightHeaders = {
  'Access-Control-Allow-Methods': 'POST, GET, PUT, OPTIONS, DELETE, PATCH',
  'Access-Control-Allow-Headers': '*',
}
