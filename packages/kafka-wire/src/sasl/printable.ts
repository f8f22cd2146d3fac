const MOST_CHARACTERS = 200

/** Text of another party as it may stand in a message: one line, without control characters, bounded. */
export function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line
}
