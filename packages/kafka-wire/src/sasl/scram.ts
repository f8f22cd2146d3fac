import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { KafkaError } from '../errors.ts'
import type { SaslExchange } from './exchange.ts'

/** What SCRAM needs. */
export interface ScramOptions {
  readonly username: string
  readonly password: string
  readonly hash: 'sha256' | 'sha512'
  /** Printable and without comma; random by default. */
  readonly nonce?: string
}

// The bounds of Kafka's own client: fewer make guessing cheap, more let a hostile broker burn our CPU.
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 16384

const HASH_BYTES = { sha256: 32, sha512: 64 } as const

const deriveKey = promisify(pbkdf2)

/**
 * SCRAM without channel binding. The broker proves that it knows the password, too. RFC 5802, RFC 7677.
 */
export function createScram(options: ScramOptions): SaslExchange {
  const nonce = options.nonce ?? randomBytes(24).toString('base64url')
  const clientFirstBare = `n=${escapeName(options.username)},r=${nonce}`
  let serverSignature: Buffer | undefined
  return {
    secret: options.password,
    async respond(challenge) {
      if (challenge === undefined) return Buffer.from(`n,,${clientFirstBare}`)
      if (serverSignature !== undefined) {
        checkServerFinal(challenge.toString(), serverSignature)
        return undefined
      }
      const final = await clientFinal(options, nonce, clientFirstBare, challenge.toString())
      serverSignature = final.serverSignature
      return final.message
    },
  }
}

async function clientFinal(
  options: ScramOptions,
  nonce: string,
  clientFirstBare: string,
  serverFirst: string,
): Promise<{ message: Buffer; serverSignature: Buffer }> {
  const { hash } = options
  const { serverNonce, salt, iterations } = parseServerFirst(serverFirst, nonce)
  const salted = await deriveKey(options.password, salt, iterations, HASH_BYTES[hash], hash)
  const withoutProof = `c=biws,r=${serverNonce}`
  const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`
  const clientKey = hmac(hash, salted, 'Client Key')
  const clientSignature = hmac(hash, createHash(hash).update(clientKey).digest(), authMessage)
  const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0))
  return {
    message: Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`),
    serverSignature: hmac(hash, hmac(hash, salted, 'Server Key'), authMessage),
  }
}

function parseServerFirst(message: string, nonce: string): { serverNonce: string; salt: Buffer; iterations: number } {
  const attributes = parseAttributes(message)
  const serverNonce = attributes.get('r')
  const salt = attributes.get('s')
  const count = attributes.get('i')
  if (attributes.has('m')) throw failed('the broker wants a SCRAM extension that is not known here')
  if (serverNonce === undefined || salt === undefined || count === undefined)
    throw failed('its first message is incomplete')
  if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
    throw failed('its nonce does not continue ours: the answer may be replayed')
  }
  const iterations = /^\d{1,9}$/.test(count) ? Number(count) : 0
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw failed(`its iteration count is ${count.slice(0, 20)}, not ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`)
  }
  return { serverNonce, salt: Buffer.from(salt, 'base64'), iterations }
}

function checkServerFinal(message: string, expected: Buffer): void {
  const attributes = parseAttributes(message)
  const reason = attributes.get('e')
  if (reason !== undefined) throw failed(`it says ${reason.slice(0, 100)}`)
  const signature = Buffer.from(attributes.get('v') ?? '', 'base64')
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw failed('its signature is wrong: it does not know the password')
  }
}

function parseAttributes(message: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const part of message.split(',')) {
    if (part[1] === '=') attributes.set(part.charAt(0), part.slice(2))
  }
  return attributes
}

function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function hmac(hash: string, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}

function failed(what: string): KafkaError {
  return new KafkaError('KAFKA_SASL_FAILED', `the broker's SCRAM answer is not acceptable: ${what}`)
}
