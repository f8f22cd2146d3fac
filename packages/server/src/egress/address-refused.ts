import type { AddressClass } from './address-class.ts'

/** An address of a host, and what it is. */
export interface ClassifiedAddress {
  readonly address: string
  readonly addressClass: AddressClass
}

const mostNamed = 3

/** No address of a host may be dialled; the message says what each is, and what to set. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'

  constructor(addresses: readonly ClassifiedAddress[]) {
    const named = addresses.slice(0, mostNamed).map(reason)
    if (addresses.length > mostNamed) named.push(`and ${addresses.length - mostNamed} more`)
    const them = addresses.length === 1 ? 'it' : 'them'
    super(`${named.join(', ')}; if that is right, add ${them} to egress.allow of the gateway`)
  }
}

function reason({ address, addressClass }: ClassifiedAddress): string {
  const article = addressClass === 'unspecified' ? 'an' : 'a'
  return `${address} is ${article} ${addressClass} address${shortcoming[addressClass] ?? ''}`
}

const shortcoming: Partial<Record<AddressClass, string>> = {
  loopback: ' and no node of the upstream is one',
  private: ' and no node of the upstream is private or loopback',
  public: ' and no node of the upstream is one',
}
