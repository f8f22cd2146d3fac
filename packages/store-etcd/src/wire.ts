import { EtcdRevisionTooLargeError } from './errors.ts'

// etcd's JSON (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/): keys and values in base64, 64-bit integers as decimal
// texts, fields with their zero value left out.

export interface Header {
  readonly cluster_id?: string
  readonly revision?: string
}

export interface KeyValue {
  readonly key?: string
  readonly value?: string
  readonly create_revision?: string
  readonly mod_revision?: string
}

export interface RangeReply {
  readonly header?: Header
  readonly kvs?: readonly KeyValue[]
  readonly more?: boolean
}

export interface TxnReply {
  readonly header?: Header
  readonly succeeded?: boolean
  readonly responses?: readonly {
    readonly response_put?: { readonly prev_kv?: KeyValue }
    readonly response_delete_range?: { readonly deleted?: string }
  }[]
}

export interface WatchEvent {
  /** `PUT` where absent. */
  readonly type?: 'PUT' | 'DELETE'
  readonly kv?: KeyValue
}

export interface WatchReply {
  readonly header?: Header
  readonly created?: boolean
  readonly canceled?: boolean
  readonly cancel_reason?: string
  readonly compact_revision?: string
  readonly events?: readonly WatchEvent[]
}

/** An error in the words of gRPC, https://grpc.io/docs/guides/status-codes/. */
export interface ErrorReply {
  readonly code?: number
  readonly grpc_code?: number
  readonly message?: string
  readonly error?: string
}

export const encodeText = (text: string): string => Buffer.from(text).toString('base64')

export const decodeText = (base64 = ''): string => Buffer.from(base64, 'base64').toString()

/** The first key that does not start with the prefix, in base64: the end of a range. */
export function encodePrefixEnd(prefix: string): string {
  const end = Buffer.from(prefix)
  // UTF-8 has no byte 0xff, so that the last one can always be counted up.
  end[end.length - 1] = (end.at(-1) ?? 0) + 1
  return end.toString('base64')
}

/**
 * An index of etcd, which has 64 bits, as a number.
 *
 * @throws STORE_ETCD_INDEX_TOO_LARGE beyond 2^53, which a thousand writes a second reach in 285,000 years
 */
export function parseRevision(text = '0'): number {
  const revision = BigInt(text)
  if (revision > BigInt(Number.MAX_SAFE_INTEGER)) throw new EtcdRevisionTooLargeError(text)
  return Number(revision)
}
