import { resolve } from 'node:path'
import type { Config } from './schema.ts'
import type { SettingsReport } from './settings.ts'

/** Files of the Admin API's TLS, PEM; absolute paths. */
export interface AdminTlsFiles {
  readonly certFile: string
  readonly keyFile: string
  /** CAs of clients; where it is given, clients need a certificate. */
  readonly clientCaFile?: string
}

type AdminConfig = Config['deployment']['admin']

/**
 * @param folder what relative paths start at
 * @returns undefined where the Admin API has no TLS
 */
export function readAdminTls(
  { https_admin, admin_api_mtls: files }: AdminConfig,
  folder: string,
  report: SettingsReport,
): AdminTlsFiles | undefined {
  const { admin_ssl_cert: cert, admin_ssl_cert_key: key, admin_ssl_ca_cert: clientCa } = files
  if (!https_admin) {
    warnOfUnusedFiles(files, report)
    return undefined
  }
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? 'admin_ssl_cert' : 'admin_ssl_cert_key'
    report.error(
      'deployment.admin.https_admin',
      `is true, and needs a certificate with its key; set ${section}.${missing}`,
    )
    return undefined
  }
  return {
    certFile: resolve(folder, cert),
    keyFile: resolve(folder, key),
    ...(clientCa !== undefined && { clientCaFile: resolve(folder, clientCa) }),
  }
}

const section = 'deployment.admin.admin_api_mtls'

/** Who asks for client certificates would otherwise believe that they are checked. */
function warnOfUnusedFiles(files: AdminConfig['admin_api_mtls'], report: SettingsReport): void {
  const [first] = Object.keys(files)
  if (first === undefined) return
  report.warning(`${section}.${first}`, 'is not used without TLS; set deployment.admin.https_admin: true, or remove it')
}
