import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { KafkaError } from '../../src/errors.ts'
import { createStaticTokenSource, createTokenSource, type IssuedToken } from '../../src/sasl/token-source.ts'
import { stopClock, turns } from '../support/clock.ts'

const down = new KafkaError('KAFKA_TOKEN_FAILED', 'no token: the endpoint is down', { retriable: true })

/** A source whose endpoint gives the tokens 1, 2, 3, …, each for 100 s and the one that a JWT may lack. */
function bed(t: TestContext, lifetimeMs = 101_000) {
  const clock = stopClock(t)
  const requests: PromiseWithResolvers<IssuedToken>[] = []
  const results: (string | undefined)[] = []
  let signal: AbortSignal | undefined
  let mode: 'up' | 'down' | 'hang' = 'up'
  const source = createTokenSource({
    request: (given) => {
      signal = given
      const request = Promise.withResolvers<IssuedToken>()
      requests.push(request)
      if (mode === 'up') request.resolve({ value: String(requests.length), lifetimeMs })
      if (mode === 'down') request.reject(down)
      return request.promise
    },
    onRequest: (error) => results.push(error?.message),
  })
  t.after(() => source.close())
  return {
    clock,
    source,
    requests,
    results,
    get signal() {
      return signal
    },
    set: (to: typeof mode) => {
      mode = to
    },
    value: async () => (await source.token()).value,
  }
}

describe('a source of tokens', () => {
  test('asks once for all who need a token, and again only when it gets old', async (t) => {
    const { value, requests, clock, results } = bed(t)
    assert.deepEqual(await Promise.all([value(), value(), value()]), ['1', '1', '1'])
    await clock.advance(79_000)
    assert.equal(await value(), '1')
    assert.deepEqual([requests.length, results], [1, [undefined]])
  })

  test('replaces a token by itself between 80 and 90 % of its life', async (t) => {
    const { value, requests, clock } = bed(t)
    await value()
    await clock.advance(79_999)
    assert.equal(requests.length, 1)
    await clock.advance(10_002)
    assert.equal(requests.length, 2)
    assert.equal(await value(), '2')
  })

  test('replaces a token of milliseconds no more than once a second by itself', async (t) => {
    const { value, requests, clock } = bed(t, 10)
    await value()
    for (let ms = 0; ms < 5000; ms += 100) await clock.advance(100)
    assert.equal(requests.length, 6)
  })

  test('replaces a token from 80 % on as soon as it is needed', async (t) => {
    t.mock.method(Math, 'random', () => 0.999)
    const { value, requests, clock } = bed(t)
    await value()
    await clock.advance(80_001)
    assert.equal(requests.length, 1)
    assert.equal(await value(), '2')
  })

  test('uses a token that still works while there is no new one, then says why there is none', async (t) => {
    const { value, set, requests, clock, results } = bed(t)
    await value()
    set('down')
    await clock.advance(91_000)
    assert.equal(await value(), '1')
    assert.equal(results.at(-1), down.message)
    await clock.advance(9500)
    await assert.rejects(value(), down)
    const asked = requests.length
    // it tried again after 100, 200, 400 ms and so on, in no hot loop
    assert.ok(asked >= 3 && asked <= 10, String(asked))
    set('up')
    await clock.advance(12_000)
    assert.equal(await value(), String(requests.length))
  })

  test('does not ask again at once after a failure, whoever needs a token', async (t) => {
    const { value, set, requests, clock } = bed(t)
    set('down')
    for (let i = 0; i < 5; i++) await assert.rejects(value(), down)
    assert.equal(requests.length, 1)
    await clock.advance(121)
    await assert.rejects(value(), down)
    await assert.rejects(value(), down)
    assert.equal(requests.length, 2)
    set('up')
    await clock.advance(241)
    assert.equal(await value(), '3')
  })

  test('asks for another token when a broker refuses one, but not at once', async (t) => {
    const { source, value, requests, clock } = bed(t)
    const token = await source.token()
    assert.equal(source.refused(token), undefined)
    assert.equal(await value(), '1')
    await clock.advance(121)
    const other = await source.token()
    assert.equal(other.value, '2')
    source.refused(token)
    assert.equal(await source.token(), other, 'the one refused is not in use any more')
    source.refused(other)
    await clock.advance(121)
    assert.equal(await value(), '2', 'the second refusal in a row waits for twice as long')
    await clock.advance(121)
    assert.equal(await value(), '3')
    assert.equal(requests.length, 3)
  })

  test('says with a refusal that there was no new token to be had', async (t) => {
    const { source, set, clock } = bed(t)
    const token = await source.token()
    set('down')
    await clock.advance(91_000)
    assert.equal(source.refused(token), down.message)
  })

  test('ends with the cluster: gives up what is under way, keeps no timer', async (t) => {
    const given = bed(t)
    await given.value()
    given.set('hang')
    await given.clock.advance(91_000)
    const waiting = given.value()
    given.source.close()
    given.source.close()
    assert.equal(given.signal?.aborted, true)
    given.requests.at(-1)?.reject(given.signal?.reason)
    await assert.rejects(waiting, { code: 'KAFKA_CLOSED' })
    await assert.rejects(given.value(), { code: 'KAFKA_CLOSED' })
    const asked = given.requests.length
    await given.clock.advance(1_000_000)
    await turns()
    assert.equal(given.requests.length, asked)
  })

  test('a token of the route is all there is; says of a JWT when it expired', async () => {
    const jwt = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
    const refusal = async (value: string): Promise<string | undefined> => {
      const source = createStaticTokenSource(value, () => Date.parse('2026-01-01T00:00:01Z'))
      const token = await source.token()
      assert.deepEqual(token, { value })
      return source.refused(token)
    }
    const exp = Date.parse('2026-01-01T00:00:00Z') / 1000
    assert.equal(
      await refusal(jwt({ exp })),
      'the token expired at 2026-01-01T00:00:00.000Z: set a new sasl.oauth.token of plugin kafka-proxy',
    )
    for (const token of [
      'opaque',
      jwt({ exp: exp + 60 }),
      jwt({ exp: 'soon' }),
      jwt({ exp: 1e300 }),
      jwt(7),
      'a.b.c',
    ]) {
      assert.equal(await refusal(token), undefined, token)
    }
  })
})
