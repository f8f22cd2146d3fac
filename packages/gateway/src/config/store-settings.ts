import { resolve } from 'node:path'
import type { Config } from './schema.ts'
import type { SettingsReport } from './settings.ts'

/** Where configuration is kept. */
export type StoreSettings = { readonly kind: 'embedded' } | { readonly kind: 'memory' } | FileSettings | EtcdSettings

/** A file that is followed. */
export interface FileSettings {
  readonly kind: 'file'
  /** Absolute. */
  readonly path: string
}

/** A cluster of etcd; times are milliseconds, paths absolute. */
export interface EtcdSettings {
  readonly kind: 'etcd'
  readonly hosts: readonly string[]
  readonly prefix: string
  readonly timeoutMs: number
  readonly user?: string
  readonly password?: string
  readonly tls: {
    readonly verify: boolean
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly sni?: string
  }
}

/** @param folder what relative paths start at */
export function readStoreSettings(
  deployment: Config['deployment'],
  folder: string,
  report: SettingsReport,
): StoreSettings {
  const { etcd, file } = deployment
  const kind = providerOf(deployment)
  if (kind === 'embedded' || kind === 'memory') return { kind }
  if (kind === 'file') return { kind, path: resolve(folder, file.path) }
  checkEtcd(etcd, report)
  const { user, password, tls } = etcd
  const path = (file: string): string => resolve(folder, file)
  return {
    kind: 'etcd',
    hosts: etcd.host,
    prefix: etcd.prefix,
    timeoutMs: etcd.timeout * 1000,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    tls: {
      verify: tls.verify,
      ...(tls.ca !== undefined && { caFile: path(tls.ca) }),
      ...(tls.cert !== undefined && { certFile: path(tls.cert) }),
      ...(tls.key !== undefined && { keyFile: path(tls.key) }),
      ...(tls.sni !== undefined && { sni: tls.sni }),
    },
  }
}

function providerOf({ role, ...roles }: Config['deployment']): StoreSettings['kind'] {
  if (role === 'traditional') return roles.role_traditional.config_provider
  return role === 'data_plane' ? roles.role_data_plane.config_provider : 'etcd'
}

function checkEtcd({ host, prefix, user, password, tls }: Config['deployment']['etcd'], report: SettingsReport): void {
  for (const [index, url] of host.entries()) {
    if (isEtcdUrl(url)) continue
    report.error(`deployment.etcd.host[${index}]`, 'expected scheme, host and port, such as http://127.0.0.1:2379')
  }
  if (!prefix.startsWith('/'))
    report.error('deployment.etcd.prefix', 'does not begin with a slash; write /apisix or the like')
  if (user === undefined && password !== undefined) {
    report.error('deployment.etcd.password', 'has no user; set deployment.etcd.user as well, or remove it')
  }
  if (user !== undefined && password === undefined) {
    report.error('deployment.etcd.user', 'has no password; set deployment.etcd.password as well, or remove it')
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const [there, missing] = tls.cert === undefined ? ['key', 'cert'] : ['cert', 'key']
    report.error(`deployment.etcd.tls.${there}`, `has no ${missing}; set deployment.etcd.tls.${missing} as well`)
  }
}

/** Nothing but scheme, host and port: user and password have keys of their own, so that they are in no message. */
function isEtcdUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === ''
}
