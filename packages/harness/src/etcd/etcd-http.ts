import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { text } from 'node:stream/consumers'

/** The files of a client of etcd, PEM. */
export interface EtcdClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** One call to etcd's HTTP/JSON API, or a GET where there is no body. */
export interface EtcdCall {
  readonly url: string
  readonly body?: object | undefined
  readonly token?: string | undefined
  readonly tls?: EtcdClientTls | undefined
}

/** An answer of etcd's HTTP/JSON API: 64-bit integers are texts, zero values are left out. */
export type EtcdAnswer = Readonly<Record<string, unknown>>

/** Calls etcd, with nothing of the client that is tested. */
export async function askEtcd({ url, body, token, tls }: EtcdCall): Promise<EtcdAnswer> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const options = {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    headers: token === undefined ? {} : { authorization: token },
    signal: AbortSignal.timeout(15_000),
    ...tls,
  }
  const call = request(url, options, (response) => {
    text(response).then((answer) => {
      if (response.statusCode === 200) resolve(answer)
      else reject(new Error(`etcd answered ${url} with ${response.statusCode}: ${answer}`))
    }, reject)
  })
  call.on('error', reject)
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return JSON.parse(await promise)
}
