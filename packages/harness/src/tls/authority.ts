import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificateSet } from './certificates.ts'

const run = promisify(execFile)

/** A certificate and its key, PEM. */
export interface IssuedCertificate {
  readonly cert: string
  readonly key: string
  /** The file of the certificate. */
  readonly file: string
}

/** What may be special about a certificate. */
interface IssueOptions {
  /** Not valid since long ago. */
  readonly expired?: boolean
  /** Where it says that the list of revoked certificates is, RFC 5280 section 4.2.1.13. */
  readonly crlUrl?: string
}

/** Issues and revokes certificates with the authority of a {@link CertificateSet}. */
export interface Authority {
  /** A client's certificate. */
  issue(name: string, options?: IssueOptions): Promise<IssuedCertificate>
  /** The list of revoked certificates, these included, PEM. */
  revoke(...files: readonly string[]): Promise<string>
}

const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
`

/** Opens the authority of a set, in whose folder it keeps its books. */
export async function openAuthority({ directory }: CertificateSet): Promise<Authority> {
  await writeFile(join(directory, 'index.txt'), '')
  await writeFile(join(directory, 'authority.cnf'), CONFIG)
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: directory })
  const authority = (...args: readonly string[]) => openssl('ca', '-batch', '-config', 'authority.cnf', ...args)
  const file = (name: string): string => join(directory, name)
  return {
    async issue(name, { expired = false, crlUrl } = {}) {
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      await openssl('req', '-new', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      const life = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '30']
      const extensions = crlUrl === undefined ? [] : ['-extfile', `${name}.ext`]
      if (crlUrl !== undefined) await writeFile(file(`${name}.ext`), `crlDistributionPoints=URI:${crlUrl}\n`)
      await authority('-notext', '-in', `${name}.csr`, '-out', `${name}.pem`, ...life, ...extensions)
      const [cert, key] = await Promise.all([`${name}.pem`, `${name}.key`].map((each) => readFile(file(each), 'utf8')))
      return { cert: cert ?? '', key: key ?? '', file: file(`${name}.pem`) }
    },
    async revoke(...files) {
      for (const each of files) await authority('-revoke', each)
      await authority('-gencrl', '-out', 'crl.pem')
      return readFile(file('crl.pem'), 'utf8')
    },
  }
}
