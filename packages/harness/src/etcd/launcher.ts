import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choosePorts } from '../ports.ts'
import { cacheDirectory } from '../repository.ts'
import { type CertificateSet, makeCertificates } from '../tls/certificates.ts'
import { askEtcd, type EtcdAnswer, type EtcdClientTls } from './etcd-http.ts'
import { EtcdNode } from './node.ts'

/** What may differ from one cluster to the next. */
export interface EtcdOptions {
  /** Members, 1 by default. */
  readonly nodes?: number
  /** TLS for clients, who need a certificate of the same authority; none by default. */
  readonly tls?: boolean
  /** Password of the user `root`, whom clients must be; none by default. */
  readonly password?: string
  /** Further arguments of each member. */
  readonly args?: readonly string[]
}

/** A real etcd of its own, reached by its HTTP/JSON API. */
export interface EtcdHandle {
  readonly nodes: readonly EtcdNode[]
  /** The URLs of all nodes. */
  readonly urls: readonly string[]
  /** Of a cluster with TLS. */
  readonly certificates: CertificateSet | undefined
  /** Calls the API of a node, the first by default, e.g. `call('/v3/kv/range', {...})`, with all the rights there are. */
  call(path: string, body: object, node?: number): Promise<EtcdAnswer>
  /** Writes a key as any other client would. */
  put(key: string, value: string): Promise<void>
  /** The text of a key. */
  get(key: string): Promise<string | undefined>
  /** Forgets the history up to now; asks a node, the first by default. */
  compact(node?: number): Promise<void>
  /** Which of the nodes leads. */
  leader(): Promise<number>
  stop(): Promise<void>
}

// A tenth of what is common, so that a leader is elected fast and short leases are possible.
const speed = ['--heartbeat-interval', '50', '--election-timeout', '500']

/** Starts etcd and waits until every member serves. It dies with this process at the latest. */
export async function startEtcd({
  nodes = 1,
  tls = false,
  password,
  args = [],
}: EtcdOptions = {}): Promise<EtcdHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-etcd-'))
  const certificates = tls ? await makeCertificates(join(cacheDirectory(), 'certificates', 'etcd')) : undefined
  const ports = await choosePorts(nodes * 3)
  const members = Array.from({ length: nodes }, (_, i) => {
    const [client = 0, peer = 0, health = 0] = ports.slice(i * 3)
    return { name: `n${i + 1}`, client, peer: `http://127.0.0.1:${peer}`, health: `http://127.0.0.1:${health}` }
  })
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(',')
  const running = members.map(({ name, client, peer, health }) => {
    const url = `http${tls ? 's' : ''}://127.0.0.1:${client}`
    const urls = [
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', cluster],
      ...['--listen-metrics-urls', health],
    ]
    const own = ['--name', name, '--data-dir', join(folder, name), '--log-level', 'error']
    return new EtcdNode(url, health, [...own, ...urls, ...speed, ...tlsArguments(certificates), ...args])
  })
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((node) => node.stop('SIGKILL')))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all(running.map((node) => node.start()))
    const handle = createHandle(running, certificates, stop, password)
    if (password !== undefined) await enableAuth(handle, password)
    return handle
  } catch (error) {
    await stop()
    throw error
  }
}

function tlsArguments(certificates: CertificateSet | undefined): string[] {
  if (certificates === undefined) return []
  const { certFile, keyFile, caFile } = certificates
  return ['--cert-file', certFile, '--key-file', keyFile, '--trusted-ca-file', caFile, '--client-cert-auth']
}

function createHandle(
  nodes: readonly EtcdNode[],
  certificates: CertificateSet | undefined,
  stop: () => Promise<void>,
  password: string | undefined,
): EtcdHandle {
  let isAuthOn = false
  const ask = async (path: string, body: object, node: number, token?: string) => {
    const url = `${nodes[node]?.url}${path}`
    return askEtcd({ url, body, token, tls: certificates && (await clientTls(certificates)) })
  }
  const call = async (path: string, body: object, node = 0): Promise<EtcdAnswer> => {
    if (!isAuthOn) {
      if (path === '/v3/auth/enable') isAuthOn = true
      return ask(path, body, node)
    }
    const { token } = await ask('/v3/auth/authenticate', { name: 'root', password }, node)
    return ask(path, body, node, String(token))
  }
  const range = (key: string, node = 0) => call('/v3/kv/range', { key: encode(key) }, node)
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    certificates,
    call,
    async put(key, value) {
      await call('/v3/kv/put', { key: encode(key), value: encode(value) })
    },
    async get(key) {
      const { kvs = [] }: { kvs?: readonly { value?: string }[] } = await range(key)
      return kvs[0] && Buffer.from(kvs[0].value ?? '', 'base64').toString()
    },
    async compact(node = 0) {
      const { header }: { header?: { revision?: string } } = await range('/', node)
      await call('/v3/kv/compaction', { revision: header?.revision, physical: true }, node)
    },
    async leader() {
      const members = await Promise.all(nodes.map((_node, i) => call('/v3/maintenance/status', {}, i)))
      return members.findIndex(({ header, leader }: { header?: { member_id?: string }; leader?: string }) => {
        return header?.member_id === leader
      })
    },
    stop,
  }
}

async function enableAuth({ call }: EtcdHandle, password: string): Promise<void> {
  await call('/v3/auth/user/add', { name: 'root', password })
  await call('/v3/auth/role/add', { name: 'root' })
  await call('/v3/auth/user/grant', { user: 'root', role: 'root' })
  await call('/v3/auth/enable', {})
}

async function clientTls({ caFile, clientCertFile, clientKeyFile }: CertificateSet): Promise<EtcdClientTls> {
  const [ca = '', cert = '', key = ''] = await Promise.all(
    [caFile, clientCertFile, clientKeyFile].map((file) => readFile(file, 'utf8')),
  )
  return { ca, cert, key }
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
