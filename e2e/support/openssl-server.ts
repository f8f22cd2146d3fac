import { connect } from 'node:net'
import { type CertificateSet, choosePorts, spawnWatched } from '@sluice/harness'
import { waitFor } from './wait.ts'

/** A TLS server of another make, which speaks no Kafka. */
export interface TlsServer {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Starts `openssl s_server` with the certificate of a broker.
 *
 * @param args further options, such as those of the versions it speaks
 */
export async function startTlsServer(certificates: CertificateSet, args: readonly string[]): Promise<TlsServer> {
  const [port = 0] = await choosePorts(1)
  const { certFile, keyFile } = certificates
  const listen = ['-accept', `127.0.0.1:${port}`, '-cert', certFile, '-key', keyFile, '-quiet']
  const child = spawnWatched('openssl', ['s_server', ...listen, ...args], {})
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await waitFor('openssl s_server', () => isOpen(port), Boolean)
  return {
    port,
    async stop() {
      child.kill()
      await ended
    },
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
