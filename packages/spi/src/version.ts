/**
 * Version of this SPI, `major.minor`. A gateway takes what was made for its own major version and no newer minor one.
 * @public
 */
export const spiVersion = '1.0'

/** Why what was made for another version of the SPI cannot be used with this one; undefined where it can. @public */
export function spiMismatch(made: unknown): string | undefined {
  const [major, minor] = numbersOf(spiVersion)
  const [otherMajor, otherMinor] = typeof made === 'string' ? numbersOf(made) : []
  if (otherMajor === undefined || otherMinor === undefined) {
    return `it does not say for which version of the SPI it was made: make it with @sluice/spi ${spiVersion}`
  }
  if (otherMajor === major && otherMinor <= (minor ?? 0)) return undefined
  const remedy = otherMajor === major || otherMajor > (major ?? 0) ? 'a newer gateway' : 'a newer version of it'
  return `it was made for version ${made} of the SPI, and this gateway has ${spiVersion}: install ${remedy}`
}

function numbersOf(version: string): readonly (number | undefined)[] {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  return [major, minor].map((text) => (text === undefined ? undefined : Number(text)))
}
