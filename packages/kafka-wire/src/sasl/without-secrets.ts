const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g
const MASK = '******'

/**
 * Text of another party with none of these secrets in it. Also one that stands in it as JSON may write it, where any
 * character can be escaped (RFC 8259 section 7), is found; only then the text loses its escapes.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret !== '')
  const masked = mask(text, known)
  const bare = masked.replaceAll(ESCAPE, (_escape, code: string | undefined, character: string | undefined) =>
    code === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
  return known.some((secret) => bare.includes(secret)) ? mask(bare, known) : masked
}

function mask(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text)
}
