import { availableParallelism } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { AdminKey } from '@sluice/admin-api'
import { createAddressMatcher, isAddressRange } from '@sluice/core'
import type { SessionLimits } from '@sluice/spi'
import type { ModuleSource } from '../modules/module-source.ts'
import { type AdminTlsFiles, readAdminTls } from './admin-tls-settings.ts'
import { isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts'
import type { Config } from './schema.ts'
import { readStoreSettings, type StoreSettings } from './store-settings.ts'

/** The configuration as the program uses it; times are milliseconds. */
export interface Settings {
  /** Whom the gateway serves, by its role. */
  readonly serves: { readonly clients: boolean; readonly admin: boolean }
  readonly dataListen: readonly ListenAddress[]
  readonly admin: {
    readonly listen: ListenAddress
    /** Empty where the key of the data folder is used. */
    readonly keys: readonly AdminKey[]
    readonly allow: readonly string[]
    /** Names and addresses that the Admin API answers to; any where absent. */
    readonly allowedHosts?: readonly string[]
    /** HTTP where absent. */
    readonly tls?: AdminTlsFiles
    /** Empty where browsers of other origins are not answered. */
    readonly corsOrigins: readonly string[]
    readonly maskSecrets: boolean
  }
  readonly statusListen: ListenAddress
  /** Absolute. */
  readonly dataDir: string
  readonly store: StoreSettings
  /** Of APISIX; empty where secret fields are written in the own form. */
  readonly keyring: readonly string[]
  /** Names of those plugins that ship which routes may use; all of them where absent. */
  readonly plugins?: readonly string[]
  /** Schemes and plugins besides those that ship. */
  readonly packages: readonly ModuleSource[]
  readonly log: Config['log']
  /** Processes that serve clients; with 1 it is this one. */
  readonly workers: number
  readonly limits: SessionLimits & { readonly messageBytes: number }
  /** What the plugins of a request may take together, in milliseconds. */
  readonly pluginMs: number
  readonly pingMs: number
  /** Between two looks at secrets that are kept elsewhere. */
  readonly secretsRefreshMs: number
  readonly drainMs: number
  readonly egress: { readonly allow: readonly string[]; readonly requireVerify: boolean }
}

/** Where {@link createSettings} puts what the schema cannot tell. */
export interface SettingsReport {
  /** @param other another key that it depends on: nothing is reported where that one has a problem itself */
  error(path: string, text: string, other?: string): void
  warning(path: string, text: string): void
}

// Keys that APISIX's own configuration file has shipped with, so that everyone knows them.
const publishedKeys = new Set(['edd1c9f034335f136f87ad84b625c8f1', '4054f7cf07e344346cd3f287985e76a2'])

const shortestSafeKey = 16

/**
 * Turns a checked configuration file into settings.
 *
 * @param folder what a relative `data_dir` starts at
 */
export function createSettings(config: Config, folder: string, report: SettingsReport): Settings {
  const { admin, role } = config.deployment
  const serves = { clients: role !== 'control_plane', admin: role !== 'data_plane' }
  const adminTls = readAdminTls(admin, folder, report)
  const allowedHosts = allowedHostsOf(admin)
  checkAdminKeys(admin.admin_key ?? [], report)
  if (serves.admin) checkAdminListener(admin, report)
  checkEgress(config.egress.allow, report)
  checkKeyring(config.apisix.data_encryption.keyring, report)
  return {
    serves,
    dataListen: [...readNodeListen(config.apisix.node_listen, report), ...readSslListen(config.apisix.ssl)],
    admin: {
      listen: { host: admin.admin_listen.ip, port: admin.admin_listen.port },
      keys: (admin.admin_key ?? []).map(({ name, key, role }, i) => ({ name: name ?? `admin_key[${i}]`, key, role })),
      allow: admin.allow_admin,
      ...(allowedHosts !== undefined && { allowedHosts }),
      ...(adminTls !== undefined && { tls: adminTls }),
      corsOrigins: admin.cors_origins,
      maskSecrets: admin.mask_secrets,
    },
    statusListen: { host: config.status_listen.ip, port: config.status_listen.port },
    dataDir: isAbsolute(config.data_dir) ? config.data_dir : join(folder, config.data_dir),
    keyring: config.apisix.data_encryption.keyring,
    store: readStoreSettings(config.deployment, folder, report),
    ...modulesOf(config, folder),
    log: config.log,
    workers: config.workers === 'auto' ? availableParallelism() : config.workers,
    limits: {
      commandsInFlight: config.limits.commands_in_flight,
      outputQueueBytes: config.limits.output_queue_bytes,
      stallMs: config.limits.stall_seconds * 1000,
      messageBytes: config.limits.message_bytes,
    },
    pluginMs: config.limits.plugin_seconds * 1000,
    pingMs: config.websocket.ping_seconds * 1000,
    secretsRefreshMs: config.secrets.refresh_seconds * 1000,
    drainMs: config.shutdown.drain_seconds * 1000,
    egress: { allow: config.egress.allow, requireVerify: config.egress.require_verify },
  }
}

function modulesOf({ plugins, schemes }: Config, folder: string): Pick<Settings, 'packages' | 'plugins'> {
  const names = plugins?.filter((entry) => typeof entry === 'string') ?? []
  const packages = plugins?.filter((entry) => typeof entry !== 'string') ?? []
  const source =
    (kind: ModuleSource['kind']) =>
    ({ name, optional, package: specifier }: Config['schemes'][number]): ModuleSource => ({
      kind,
      package: specifier,
      added: { name, folder, optional },
    })
  return {
    packages: [...schemes.map(source('scheme')), ...packages.map(source('plugin'))],
    // An empty list of names is a choice; a list of packages alone is none.
    ...(plugins !== undefined && (names.length > 0 || packages.length === 0) && { plugins: names }),
  }
}

function readNodeListen(value: Config['apisix']['node_listen'], report: SettingsReport): ListenAddress[] {
  if (typeof value === 'number') return [{ host: '0.0.0.0', port: value }]
  if (typeof value !== 'string') {
    return value.map((item) =>
      typeof item === 'number' ? { host: '0.0.0.0', port: item } : { host: item.ip, port: item.port },
    )
  }
  const address = parseListenAddress(value)
  if (address !== undefined) return [address]
  report.error('apisix.node_listen', 'expected an address and a port, such as "127.0.0.1:9080" or "[::1]:9080"')
  return []
}

function readSslListen({ enable, listen }: Config['apisix']['ssl']): ListenAddress[] {
  return enable ? listen.map(({ ip, port }) => ({ host: ip, port, tls: true })) : []
}

function checkAdminKeys(keys: readonly Pick<AdminKey, 'key'>[], report: SettingsReport): void {
  const seen = new Set<string>()
  for (const [index, { key }] of keys.entries()) {
    const path = `deployment.admin.admin_key[${index}].key`
    if (publishedKeys.has(key)) {
      report.error(path, "is a key that APISIX published; write one of your own, such as from 'openssl rand -hex 32'")
    } else if (seen.has(key)) {
      report.error(path, 'is also the key of an earlier entry; give every entry its own')
    } else if (key.length < shortestSafeKey) {
      report.warning(path, `has fewer than ${shortestSafeKey} characters and is easy to guess; make it longer`)
    }
    seen.add(key)
  }
}

// Those that APISIX's own configuration file has shipped with.
const publishedKeyring = new Set(['qeddd145sfvddff3', 'edd1c9f0985e76a2'])

function checkKeyring(keyring: readonly string[], report: SettingsReport): void {
  for (const [index, entry] of keyring.entries()) {
    const path = `apisix.data_encryption.keyring[${index}]`
    const bytes = Buffer.byteLength(entry)
    if (bytes !== 16 && bytes !== 32) {
      report.error(path, `has ${bytes} bytes; an entry of APISIX has 16 or 32`)
    } else if (index === 0 && publishedKeyring.has(entry)) {
      report.warning(
        path,
        'is a key that APISIX published, and encrypts for nobody; put one of your own in front of it',
      )
    }
  }
}

type AdminConfig = Config['deployment']['admin']

function checkAdminListener(admin: AdminConfig, report: SettingsReport): void {
  for (const [index, network] of admin.allow_admin.entries()) {
    if (isAddressRange(network)) continue
    const path = `deployment.admin.allow_admin[${index}]`
    report.error(path, 'expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8')
  }
  const { ip } = admin.admin_listen
  if (isLoopback(ip) || admin.https_admin || admin.allow_insecure_listen) return
  report.error(
    'deployment.admin.admin_listen.ip',
    'is reached from other machines, and the Admin API has no TLS: write 127.0.0.1, set deployment.admin.https_admin: ' +
      'true, or deployment.admin.allow_insecure_listen: true where something in front of it has TLS',
    'deployment.admin.allow_insecure_listen',
  )
}

/**
 * On loopback a request comes from this machine, but maybe from a page in its browser that has bound its own name to
 * 127.0.0.1: only known names count. Elsewhere the operator alone knows the names.
 */
function allowedHostsOf({ admin_listen: { ip }, allowed_hosts: names }: AdminConfig): readonly string[] | undefined {
  if (!isLoopback(ip) && names.length === 0) return undefined
  return [...new Set(['localhost', '127.0.0.1', '::1', ip, ...names])]
}

// One address of each network that clouds use for it.
const cloudMetadata = ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16']

function checkEgress(allow: readonly string[], report: SettingsReport): void {
  for (const [index, range] of allow.entries()) {
    const path = `egress.allow[${index}]`
    if (!isAddressRange(range)) {
      report.error(path, 'expected an address or a network, such as 192.0.2.1 or 203.0.113.0/24')
      continue
    }
    const covers = createAddressMatcher([range])
    const metadata = cloudMetadata.find((address) => range !== address && covers(address))
    if (metadata === undefined) continue
    report.warning(path, `covers ${metadata}, where clouds hand out credentials; write smaller networks`)
  }
}
