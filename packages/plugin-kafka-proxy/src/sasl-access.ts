import { extensionProblem, isBearerToken, type KafkaAccess } from '@sluice/scheme-kafka/context'
import { checkCertificates } from './certificates.ts'
import type { SaslConfig } from './config.ts'
import { OAuthUnusable, SaslFieldMissing } from './errors.ts'

type SaslAccess = NonNullable<KafkaAccess['sasl']>
type OAuthAccess = Extract<SaslAccess, { mechanism: 'OAUTHBEARER' }>['oauth']

/**
 * What the scheme gets of `sasl`. Which fields are required follows from the mechanism; a JSON Schema can say so too, but
 * not in words that name the field.
 *
 * @throws SaslFieldMissing, OAuthUnusable, CertificatesUnreadable
 */
export function saslAccess({ mechanism = 'PLAIN', username, password, oauth }: SaslConfig): SaslAccess {
  if (mechanism !== 'OAUTHBEARER') {
    if (oauth !== undefined) {
      throw new SaslFieldMissing(
        'property "oauth" needs the mechanism OAUTHBEARER: set "mechanism", or take "oauth" away',
      )
    }
    if (username === undefined) throw missing('username')
    if (password === undefined) throw missing('password')
    return { mechanism, username, password }
  }
  if (username !== undefined || password !== undefined) {
    const [field] = [username === undefined ? 'password' : 'username']
    throw new SaslFieldMissing(`property "${field}" is not for the mechanism OAUTHBEARER: take it away`)
  }
  if (oauth === undefined) throw missing('oauth')
  return { mechanism, oauth: oauthAccess(oauth) }
}

function missing(field: string): Error {
  return new SaslFieldMissing(`property "${field}" is required`)
}

function oauthAccess(oauth: NonNullable<SaslConfig['oauth']>): OAuthAccess {
  const { token, token_url: tokenUrl, client_id: clientId, client_secret: clientSecret, scope, ca, extensions } = oauth
  const problem = extensionProblem(extensions ?? {})
  if (problem !== undefined) throw new OAuthUnusable(`property "extensions" validation failed: ${problem}`)
  const extended = extensions === undefined ? {} : { extensions }
  if (token !== undefined) {
    const [other] = Object.keys(oauth).filter((name) => name !== 'token' && name !== 'extensions')
    if (other !== undefined) throw new OAuthUnusable(`property "${other}" does not go with "token": take one away`)
    if (!isBearerToken(token)) {
      throw new OAuthUnusable(
        'property "token" validation failed: it has characters that no bearer token has (RFC 6750)',
      )
    }
    return { token, ...extended }
  }
  if (tokenUrl === undefined) throw new OAuthUnusable('property "token_url" or "token" is required')
  checkUrl(tokenUrl)
  if (clientId === undefined) throw new OAuthUnusable('property "client_id" is required')
  if (clientSecret === undefined) throw new OAuthUnusable('property "client_secret" is required')
  if (ca !== undefined) checkCertificates(ca, 'sasl.oauth')
  return {
    tokenUrl,
    clientId,
    clientSecret,
    ...(scope === undefined ? {} : { scope }),
    ...(ca === undefined ? {} : { ca }),
    ...extended,
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const why =
    url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')
      ? 'it is no http or https URL'
      : url.username !== '' || url.password !== ''
        ? 'it holds credentials: give them as client_id and client_secret'
        : undefined
  if (why !== undefined) throw new OAuthUnusable(`property "token_url" validation failed: ${why}`)
}
