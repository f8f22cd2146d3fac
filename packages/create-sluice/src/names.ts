import { CreateFailed } from './errors.ts'
import type { Kind } from './kind.ts'

/** What stands in a template in the place of `{{…}}`. */
export interface Names {
  /** `rate-of-fire` */
  readonly name: string
  /** `rate_of_fire` */
  readonly snake: string
  /** `rateOfFire` */
  readonly camel: string
  /** `RateOfFire` */
  readonly pascal: string
  /** `RATE_OF_FIRE` */
  readonly upper: string
  /** Of the npm package. */
  readonly package: string
  /** First number of the block of a scheme. */
  readonly number: string
}

const reservedFrom = 19_000
const reservedTo = 19_999
const firstOfOthers = 2000
// The highest number of a field in protobuf, 2^29 - 1.
const highest = 536_870_911

/** @throws CREATE_FAILED */
export function readNames(
  kind: Kind,
  name: string,
  options: { readonly package: string | undefined; readonly number: string },
): Names {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new CreateFailed(
      `${name} cannot be the name of a ${kind}: write small letters, digits and single dashes, such as my-${kind}`,
    )
  }
  const number = Number(options.number)
  if (!Number.isInteger(number) || number < firstOfOthers || number > highest) {
    throw new CreateFailed(
      `${options.number} cannot be the number of a command: take one from ${firstOfOthers} on, from a block of your own`,
    )
  }
  if (number >= reservedFrom && number <= reservedTo) {
    throw new CreateFailed(
      `${number} is a number that protobuf keeps for itself: take one below ${reservedFrom} or above ${reservedTo}`,
    )
  }
  const words = name.split('-')
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return {
    name,
    snake: words.join('_'),
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    upper: words.join('_').toUpperCase(),
    package: options.package ?? `${kind}-${name}`,
    number: options.number,
  }
}
