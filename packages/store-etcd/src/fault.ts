import type { ErrorReply } from './wire.ts'

// Codes of gRPC.
const unauthenticated = 16
const transient = new Set([1, 4, 8, 10, 14])

/** An error that etcd answered with. */
export class EtcdFault extends Error {
  readonly grpcCode: number

  constructor(grpcCode: number, text: string) {
    super(text)
    this.grpcCode = grpcCode
  }

  /** Whether a new token may help: it ran out, etcd was restarted, or users were changed. */
  get isStaleToken(): boolean {
    return this.grpcCode === unauthenticated || /invalid auth token|revision of auth store is old/.test(this.message)
  }

  /** Whether another member, or the same one later, may serve the request. */
  get isTransient(): boolean {
    return transient.has(this.grpcCode) || /no leader|leader changed|raft|server stopped/.test(this.message)
  }

  get isCompacted(): boolean {
    return /required revision has been compacted/.test(this.message)
  }
}

/** The fault of an answer that is not 200. */
export function parseFault(status: number, text: string): EtcdFault {
  const { code, grpc_code, message, error } = parseReply(text)
  const unknown = status === 401 ? unauthenticated : status >= 500 ? 14 : 2
  return new EtcdFault(
    grpc_code ?? code ?? unknown,
    message ?? error ?? `HTTP status ${status}: ${text.trim().slice(0, 200)}`,
  )
}

function parseReply(text: string): ErrorReply {
  try {
    const reply: ErrorReply | null = JSON.parse(text)
    return reply ?? {}
  } catch {
    // A proxy in front of etcd, or a server that is none.
    return {}
  }
}

/** A failure before the request was sent, so that it cannot have been carried out. */
export class NotSent extends Error {}

const beforeSending = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])

/** Whether etcd has seen nothing of the request that failed so. */
export function wasNeverSent(error: unknown): boolean {
  if (error instanceof NotSent) return true
  return error instanceof Error && 'code' in error && beforeSending.has(String(error.code))
}

/** What went wrong, without what was sent. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  if (error instanceof NotSent) return describeFault(error.cause)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
