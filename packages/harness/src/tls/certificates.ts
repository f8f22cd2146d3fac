import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PASSWORD = 'sluice-test'
const DAYS = '30'

export interface KeyStore {
  /** A PKCS #12 file. */
  readonly file: string
  readonly password: string
}

/** Files for TLS tests. All paths are absolute; the keys are P-256. */
export interface CertificateSet {
  readonly directory: string
  /** The authority's certificate, PEM. */
  readonly caFile: string
  /** A certificate for `localhost` and 127.0.0.1, PEM, and its key. */
  readonly certFile: string
  readonly keyFile: string
  /** A client's certificate from the same authority, PEM, and its key. */
  readonly clientCertFile: string
  readonly clientKeyFile: string
  /** An authority that signed none of the above, PEM. */
  readonly otherCaFile: string
  /** The broker's key and certificate, for Java. */
  readonly keyStore: KeyStore
  /** The authority, for Java. */
  readonly trustStore: KeyStore
}

/**
 * Makes an authority, certificates and Java key stores in `directory` with openssl and keytool, unless they are there
 * already. Several processes may ask for the same folder at once.
 */
export async function makeCertificates(directory: string): Promise<CertificateSet> {
  if (!existsSync(directory)) {
    await mkdir(dirname(directory), { recursive: true })
    const work = await mkdtemp(`${directory}-`)
    try {
      await fill(work)
      await rename(work, directory)
    } catch (error) {
      await rm(work, { recursive: true, force: true })
      if (!existsSync(directory)) throw error
    }
  }
  return certificateSet(directory)
}

const certificateSet = (directory: string): CertificateSet => ({
  directory,
  caFile: join(directory, 'ca.pem'),
  certFile: join(directory, 'broker.pem'),
  keyFile: join(directory, 'broker.key'),
  clientCertFile: join(directory, 'client.pem'),
  clientKeyFile: join(directory, 'client.key'),
  otherCaFile: join(directory, 'other-ca.pem'),
  keyStore: { file: join(directory, 'broker.p12'), password: PASSWORD },
  trustStore: { file: join(directory, 'trust.p12'), password: PASSWORD },
})

async function fill(directory: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  await authority(openssl, 'ca', 'Sluice test authority')
  await authority(openssl, 'other-ca', 'Another test authority')
  await writeFile(join(directory, 'broker.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  await writeFile(join(directory, 'client.ext'), 'extendedKeyUsage=clientAuth\n')
  for (const [name, subject] of [
    ['broker', 'localhost'],
    ['client', 'sluice-client'],
  ] as const) {
    await openssl('req', '-new', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${subject}`)
    const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-days',
      DAYS,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    )
  }
  const secret = ['-passout', `pass:${PASSWORD}`]
  await openssl(
    'pkcs12',
    '-export',
    '-in',
    'broker.pem',
    '-inkey',
    'broker.key',
    '-certfile',
    'ca.pem',
    '-name',
    'broker',
    ...secret,
    '-out',
    'broker.p12',
  )
  const store = ['-keystore', 'trust.p12', '-storetype', 'PKCS12', '-storepass', PASSWORD]
  await run('keytool', ['-importcert', '-noprompt', '-alias', 'ca', '-file', 'ca.pem', ...store], { cwd: directory })
}

const newKey = (name: string) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  `${name}.key`,
]

async function authority(
  openssl: (...args: string[]) => Promise<unknown>,
  name: string,
  subject: string,
): Promise<void> {
  await openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, '-days', DAYS, '-subj', `/CN=${subject}`)
}

/** The text of a PEM file, for example for `tls.ca` of the plugin `kafka-proxy`. */
export const readPem = (file: string): Promise<string> => readFile(file, 'utf8')
