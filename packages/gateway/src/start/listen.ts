import { isSluiceError } from '@sluice/spi'
import { formatListenAddress, type ListenAddress } from '../config/listen-address.ts'
import { errorCode } from '../data-dir/files.ts'
import { ListenFailed } from '../errors.ts'

/** A listener as the user knows it. */
export interface ListenerName {
  /** What is served, e.g. `the Admin API`. */
  readonly what: string
  /** The key of the configuration file that moves it. */
  readonly key: string
}

/**
 * Listens, and says of a failure which listener it was and what to change.
 *
 * @throws LISTEN_FAILED
 */
export async function listenOn<T>(
  { what, key }: ListenerName,
  address: ListenAddress,
  listen: (address: ListenAddress) => Promise<T>,
): Promise<T> {
  try {
    return await listen(address)
  } catch (cause) {
    // Of something else that goes on at the same time, which names itself.
    if (isSluiceError(cause)) throw cause
    const code = errorCode(cause)
    const remedy = remedies[code] ?? 'see the code'
    throw new ListenFailed(formatListenAddress(address), what, remedy.replace('%s', key), code || String(cause), {
      cause,
    })
  }
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it or change %s',
  EACCES: 'this user may not; choose a port above 1023 in %s',
  EADDRNOTAVAIL: 'this machine has no such address; change %s',
  ENOTFOUND: 'no such host name; change %s',
}
