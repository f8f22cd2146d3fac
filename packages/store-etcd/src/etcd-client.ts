import type { ConfigCompare, ConfigEntry, ConfigSnapshot, ConfigTransactionResult, ConfigWrite } from '@sluice/core'
import type { EtcdHttp } from './etcd-http.ts'
import { EtcdFault } from './fault.ts'
import type { Layout } from './layout.ts'
import { encodeText, type KeyValue, parseRevision, type RangeReply, type TxnReply } from './wire.ts'

/** A snapshot of etcd, with the keys whose values cannot be used. */
export interface EtcdSnapshot extends ConfigSnapshot {
  readonly broken: readonly string[]
  readonly clusterId: string
}

type Put = Extract<ConfigWrite, { kind: 'put' }>

// Answers of a few megabytes each: etcd holds a whole answer in memory, several times.
const pageKeys = 2000

/** The requests of a store: linearizable reads, transactions, leases. */
export class EtcdClient {
  readonly #http: EtcdHttp
  readonly #layout: Layout

  constructor(http: EtcdHttp, layout: Layout) {
    this.#http = http
    this.#layout = layout
  }

  async get(key: string): Promise<ConfigEntry | undefined> {
    const { kvs = [] } = await this.#range({ key: this.#layout.encodeKey(key) })
    const stored = kvs[0] && this.#layout.decode(kvs[0])
    return stored?.kind === 'entry' ? stored.entry : undefined
  }

  /** All keys that start with a prefix, of one revision. */
  async list(prefix: string): Promise<EtcdSnapshot> {
    for (;;) {
      try {
        return await this.#listOnce(prefix)
      } catch (error) {
        // The revision of the first page was compacted before the last one was read.
        if (!(error instanceof EtcdFault && error.isCompacted)) throw error
      }
    }
  }

  /** The newest revision of the cluster. */
  async revision(): Promise<number> {
    const { header } = await this.#range({ ...this.#layout.range('/'), count_only: true })
    return parseRevision(header?.revision)
  }

  async transact(compares: readonly ConfigCompare[], writes: readonly ConfigWrite[]): Promise<ConfigTransactionResult> {
    // Of several writes to one key only the last counts; etcd refuses more.
    const last = Array.from(new Map(writes.map((write) => [write.key, write])).values())
    const leases = await this.#grant(last)
    const reply: TxnReply = JSON.parse(
      await this.#http.call(
        '/v3/kv/txn',
        {
          compare: compares.map(({ key, modifiedIndex }) => ({
            target: 'MOD',
            result: 'EQUAL',
            key: this.#layout.encodeKey(key),
            mod_revision: String(modifiedIndex),
          })),
          success: last.map((write) => this.#operation(write, leases)),
        },
        'write',
      ),
    )
    const revision = parseRevision(reply.header?.revision)
    if (reply.succeeded !== true) {
      await this.#revoke(leases)
      return { committed: false, revision }
    }
    return { committed: true, revision, changes: last.flatMap((write, i) => change(write, i, reply, revision)) }
  }

  #operation(write: ConfigWrite, leases: ReadonlyMap<number, string>) {
    const key = this.#layout.encodeKey(write.key)
    if (write.kind === 'delete') return { request_delete_range: { key } }
    const lease = write.ttlSeconds === undefined ? undefined : leases.get(write.ttlSeconds)
    const value = encodeText(JSON.stringify(write.value))
    return { request_put: { key, value, prev_kv: true, ...(lease !== undefined && { lease }) } }
  }

  /** One lease for each time to live; etcd counts whole seconds. */
  async #grant(writes: readonly ConfigWrite[]): Promise<ReadonlyMap<number, string>> {
    const isLeased = (write: ConfigWrite): write is Put => write.kind === 'put' && write.ttlSeconds !== undefined
    const leases = new Map<number, string>()
    for (const { ttlSeconds = 0 } of writes.filter(isLeased)) {
      if (leases.has(ttlSeconds)) continue
      const body = { TTL: String(Math.max(1, Math.ceil(ttlSeconds))) }
      const { ID }: { ID?: string } = JSON.parse(await this.#http.call('/v3/lease/grant', body, 'write'))
      leases.set(ttlSeconds, ID ?? '0')
    }
    return leases
  }

  /** Best effort: a lease without keys ends by itself. */
  async #revoke(leases: ReadonlyMap<number, string>): Promise<void> {
    for (const ID of leases.values()) await this.#http.call('/v3/lease/revoke', { ID }, 'write').catch(() => {})
  }

  async #listOnce(prefix: string): Promise<EtcdSnapshot> {
    const { range_end, ...first } = this.#layout.range(prefix)
    let key = first.key
    const kvs: KeyValue[] = []
    let header: RangeReply['header']
    for (;;) {
      const at = header === undefined ? {} : { revision: header.revision }
      const page = await this.#range({ key, range_end, limit: String(pageKeys), ...at })
      header ??= page.header
      kvs.push(...(page.kvs ?? []))
      const last = page.kvs?.at(-1)?.key
      if (page.more !== true || last === undefined) return this.#snapshot(kvs, header)
      key = Buffer.concat([Buffer.from(last, 'base64'), Buffer.of(0)]).toString('base64')
    }
  }

  #snapshot(kvs: readonly KeyValue[], header: RangeReply['header']): EtcdSnapshot {
    const stored = kvs.map((kv) => this.#layout.decode(kv))
    return {
      revision: parseRevision(header?.revision),
      clusterId: header?.cluster_id ?? '',
      entries: stored.flatMap((each) => (each.kind === 'entry' ? [each.entry] : [])),
      broken: stored.flatMap((each) => (each.kind === 'broken' ? [each.key] : [])),
    }
  }

  async #range(body: object): Promise<RangeReply> {
    return JSON.parse(await this.#http.call('/v3/kv/range', body, 'read'))
  }
}

function change(write: ConfigWrite, index: number, reply: TxnReply, revision: number) {
  const { key } = write
  const response = reply.responses?.[index]
  if (write.kind === 'delete') return response?.response_delete_range?.deleted === undefined ? [] : [{ key }]
  const before = response?.response_put?.prev_kv
  const createdIndex = before === undefined ? revision : parseRevision(before.create_revision)
  return [{ key, entry: { key, value: write.value, createdIndex, modifiedIndex: revision } }]
}
