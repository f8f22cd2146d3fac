import type { SaslExchange } from './exchange.ts'

/** SASL PLAIN: `NUL username NUL password` in one message. RFC 4616. */
export function createPlain(credentials: { readonly username: string; readonly password: string }): SaslExchange {
  return {
    secret: credentials.password,
    async respond(challenge) {
      return challenge === undefined ? Buffer.from(`\0${credentials.username}\0${credentials.password}`) : undefined
    },
  }
}
