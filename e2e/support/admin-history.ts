import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { adminKey } from '@sluice/harness'
import { kafkaRoute } from './routes.ts'

/** One request for a route, as e2e/linearizability/main.go reads it; times are nanoseconds. */
interface Recorded {
  readonly client: number
  readonly key: string
  readonly op: 'get' | 'put' | 'delete'
  value: string
  readonly match: string
  readonly call: number
  /** 0 where no answer came. */
  return: number
  status: number
  etag: string
}

/** Requests for routes, recorded with what became of them. */
export class AdminHistory {
  readonly records: Recorded[] = []
  #values = 0

  /**
   * Asks for a route, and gives its ETag, '' where it has none now; undefined where no gateway answered. What never reached
   * one, or was refused without being tried, is no part of the history.
   */
  async ask(client: number, url: string, op: Recorded['op'], key: string, match = ''): Promise<string | undefined> {
    const value = op === 'put' ? `/v${++this.#values}` : ''
    const record: Recorded = { client, key, op, value, match, call: now(), return: 0, status: 0, etag: '' }
    this.records.push(record)
    try {
      const response = await fetch(`${url}/apisix/admin/routes/${key}`, {
        method: op.toUpperCase(),
        headers: { 'x-api-key': adminKey, ...(match !== '' && { 'if-match': match }) },
        ...(op === 'put' && { body: JSON.stringify(kafkaRoute(['127.0.0.1:1'], { uri: value })) }),
      })
      const body: { error_msg?: string; value?: { uri: string } } = JSON.parse(await response.text())
      const { status } = response
      if (status === 409 || status === 503) {
        // With an unknown outcome it may have been written; with any other of these it was not.
        if (!/did not answer a write/.test(body.error_msg ?? '')) this.#drop(record)
        return ''
      }
      record.return = now()
      record.status = status
      record.etag = status < 300 && op !== 'delete' ? (response.headers.get('etag') ?? '') : ''
      if (op === 'get') record.value = body.value?.uri ?? ''
      return record.etag
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      const wasNeverSent = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
      if (wasNeverSent || op === 'get') this.#drop(record)
      return undefined
    }
  }

  /** What the checker says of all that was recorded. */
  async verdict(checker: string): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = spawn(checker, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(this.records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { output: await text(child.stdout), code: await exited }
  }

  #drop(record: Recorded): void {
    this.records.splice(this.records.indexOf(record), 1)
  }
}

const started = process.hrtime.bigint()
const now = (): number => Number(process.hrtime.bigint() - started) + 1
