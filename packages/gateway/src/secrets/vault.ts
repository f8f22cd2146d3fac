import { isJsonObject, type Json, type JsonObject } from '@sluice/core'

/** A Vault, as the resource `secrets/vault/<id>` describes it. */
export interface Vault {
  /** Scheme, host and port. */
  readonly uri: string
  /** Path in front of the names of secrets, e.g. `kv/apisix`, with KV version 2 `kv/data/apisix`. */
  readonly prefix: string
  readonly token: string
  readonly namespace?: string
}

const timeoutMs = 5000

/**
 * Reads one key of a secret of a KV engine, version 1 or 2 (Vault HTTP API, `GET /v1/<prefix>/<path>`). Redirects are not
 * followed: the token would go with them.
 *
 * @throws Error whose message says what failed, without the token and the secret
 */
export async function readFromVault(
  { uri, prefix, token, namespace }: Vault,
  path: string,
  key: string,
): Promise<string> {
  const url = `${uri.replace(/\/+$/, '')}/v1/${[prefix, path].map(escapePath).join('/')}`
  const answer = await ask(url, {
    'X-Vault-Token': token,
    ...(namespace !== undefined && { 'X-Vault-Namespace': namespace }),
  })
  const value = dataOf(answer)?.[key]
  if (typeof value === 'string') return value
  throw new Error(`the secret ${prefix}/${path} of Vault has no key ${key} with a text`)
}

async function ask(url: string, headers: Record<string, string>): Promise<Json> {
  let response: Response
  try {
    response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    throw new Error(`Vault cannot be reached: ${reasonOf(cause)}`, { cause })
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`Vault answered ${response.status}${hints.get(response.status) ?? ''}`)
  }
  try {
    const answer: Json = JSON.parse(await response.text())
    return answer
  } catch {
    // Not as the cause: the text of the parser may quote the secret.
    throw new Error('Vault answered what is no JSON')
  }
}

const hints = new Map([
  [403, ': the token does not let it read this path'],
  [404, ': there is no such secret; with KV version 2 the prefix has /data/ after the name of the engine'],
  [503, ': it is sealed'],
])

/** Version 2 puts the secret beside its metadata. */
function dataOf(answer: Json): JsonObject | undefined {
  const data = isJsonObject(answer) ? answer.data : undefined
  if (data === undefined || !isJsonObject(data)) return undefined
  const { data: inner = null, metadata = null } = data
  return isJsonObject(inner) && isJsonObject(metadata) ? inner : data
}

function escapePath(path: string): string {
  return path.split('/').filter(Boolean).map(encodeURIComponent).join('/')
}

/** `fetch` says why only in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error) return cause.message
  return error instanceof Error ? error.message : String(error)
}
