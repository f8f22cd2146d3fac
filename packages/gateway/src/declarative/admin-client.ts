import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { isJsonObject, type Json, type JsonObject } from '@sluice/core'
import { AdminUnreachable } from '../errors.ts'

/** Where an Admin API is, and with what it is asked. */
export interface AdminAddress {
  /** Scheme, host and port. */
  readonly url: string
  readonly key: string
  /** PEM: authorities that its certificate is checked with in place of the system's. */
  readonly ca?: string
  /** PEM: the certificate that is shown to it, with its key. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** An answer of the Admin API. */
export interface AdminAnswer {
  readonly status: number
  readonly body: JsonObject
}

/** Asks an Admin API. */
export interface AdminClient {
  /**
   * @param path below `/apisix/admin`
   * @throws ADMIN_UNREACHABLE
   */
  ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: Json, headers?: JsonTexts): Promise<AdminAnswer>
}

type JsonTexts = Readonly<Record<string, string>>

const timeoutMs = 30_000

/** Makes a client; it opens a connection for each request. */
export function createAdminClient({ url, key, ca, certificate }: AdminAddress): AdminClient {
  const root = url.replace(/\/+$/, '').replace(/\/apisix\/admin$/, '')
  return {
    async ask(method, path, body, headers = {}) {
      const request = root.startsWith('https:') ? requestHttps : requestHttp
      const sent = request(`${root}/apisix/admin${path}`, {
        method,
        headers: { 'X-API-KEY': key, ...headers },
        timeout: timeoutMs,
        ...(ca !== undefined && { ca }),
        ...certificate,
      })
      try {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          sent.once('response', resolve)
          sent.once('error', reject)
          sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
          sent.end(body === undefined ? undefined : JSON.stringify(body))
        })
        return { status: response.statusCode ?? 0, body: objectIn(await text(response)) }
      } catch (cause) {
        throw new AdminUnreachable(root, cause instanceof Error ? cause.message : String(cause), { cause })
      }
    },
  }
}

/** What an error answer says. */
export function reasonOf({ status, body }: AdminAnswer): string {
  const { error_msg: message = body.message, description } = body
  const texts = [message, description].filter((each) => typeof each === 'string')
  return texts.length > 0 ? texts.join(': ') : `status ${status}`
}

function objectIn(answer: string): JsonObject {
  try {
    const body: Json = JSON.parse(answer)
    return isJsonObject(body) ? body : {}
  } catch {
    return {}
  }
}
