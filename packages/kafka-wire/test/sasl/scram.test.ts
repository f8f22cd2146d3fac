import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScram } from '../../src/sasl/scram.ts'

// The example exchange of RFC 7677 section 3.
const example = { username: 'user', password: 'pencil', hash: 'sha256', nonce: 'rOprNGfwEbeRWgbNEkqO' } as const
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const serverFirst = Buffer.from(`r=${nonce},s=${salt},i=4096`)

test('makes the messages of the RFC 7677 example and takes its server signature', async () => {
  const scram = createScram(example)
  assert.equal(String(await scram.respond(undefined)), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const final = await scram.respond(serverFirst)
  assert.equal(String(final), `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)
  assert.equal(await scram.respond(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), undefined)
})

test('refuses a server that does not know the password, or says so', async () => {
  for (const [message, reason] of [
    ['v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', /signature is wrong/],
    ['v=AAAA', /signature is wrong/],
    ['x=', /signature is wrong/],
    ['e=invalid-proof', /says invalid-proof/],
  ] as const) {
    const scram = createScram(example)
    await scram.respond(undefined)
    await scram.respond(serverFirst)
    await assert.rejects(scram.respond(Buffer.from(message)), { code: 'KAFKA_SASL_FAILED', message: reason })
  }
})

test('refuses first messages that are incomplete, replayed or too dear', async () => {
  for (const [message, reason] of [
    [`s=${salt},i=4096`, /incomplete/],
    [`r=other,s=${salt},i=4096`, /does not continue ours/],
    [`r=rOprNGfwEbeRWgbNEkqO,s=${salt},i=4096`, /does not continue ours/],
    [`r=${nonce},s=${salt},i=4095`, /iteration count is 4095, not 4096 to 16384/],
    [`r=${nonce},s=${salt},i=16385`, /iteration count is 16385/],
    [`r=${nonce},s=${salt},i=1e4`, /iteration count is 1e4/],
    [`m=x,r=${nonce},s=${salt},i=4096`, /extension/],
  ] as const) {
    const scram = createScram(example)
    await scram.respond(undefined)
    await assert.rejects(scram.respond(Buffer.from(message)), { code: 'KAFKA_SASL_FAILED', message: reason })
  }
})

test('escapes the user name and takes a fresh nonce each time', async () => {
  const options = { username: 'a=b,c', password: 'p', hash: 'sha512' } as const
  const [one, other] = await Promise.all([
    createScram(options).respond(undefined),
    createScram(options).respond(undefined),
  ])
  assert.match(String(one), /^n,,n=a=3Db=2Cc,r=[\w-]{32}$/)
  assert.notDeepEqual(one, other)
})
