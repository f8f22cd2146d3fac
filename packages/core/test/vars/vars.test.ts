import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/json.ts'
import { compileVars } from '../../src/vars/index.ts'
import { matchRequest } from '../support/match-request.ts'

const request = matchRequest({
  method: 'POST',
  path: '/t/orders',
  host: 'foo.com',
  remoteAddress: '10.1.2.3',
  query: new URLSearchParams('age=20&name=Jack&name=Jill&empty='),
  headers: { 'x-user-id': '7', accept: ['a', 'b'], cookie: 'a=1; session=s=2' },
})
const params = { topic: 'orders' }

const hold: readonly Json[] = [
  [],
  {},
  [['arg_name', '==', 'Jack']],
  [['arg_name', 'Jack']],
  [['arg_name', '~=', 'Jill']],
  [['arg_age', '==', 20]],
  [['arg_age', '==', '20']],
  [['arg_name', '~=', 20]],
  [['arg_none', '==', null]],
  [['arg_none', '==']],
  [['arg_name', '~=', null]],
  [['arg_empty', '==', '']],
  [['arg_age', '>', 19]],
  [['arg_age', '>=', '20']],
  [['arg_age', '<', 20.5]],
  [['arg_age', '<=', '0x14']],
  [['arg_name', '~~', '^J[a-z]+k$']],
  [['arg_name', '~*', 'JACK']],
  [['arg_name', '~~', '(?i)JACK']],
  [['arg_name', '~~', '(?is)J.CK$']],
  [['arg_name', '~~', '\\p{Lu}[\\w]{3}']],
  [['arg_name', 'IN', ['Jill', 'Jack']]],
  [['arg_name', '!', 'in', ['Jill']]],
  [['arg_name', '!', 'has', 'Jack']],
  [['remote_addr', 'ipmatch', '10.0.0.0/8']],
  [['remote_addr', 'ipmatch', ['::1', '10.1.2.3']]],
  [['remote_addr', '!', 'ipmatch', ['::1']]],
  [
    ['arg_age', '>', 1],
    ['arg_age', '<', 30],
  ],
  ['OR', ['arg_age', '>', 30], ['arg_name', '==', 'Jack']],
  ['or', ['arg_age', '>', 30], [['arg_age', '>', 1]]],
  ['AND', ['arg_age', '>', 1], ['!OR', ['arg_age', '>', 30], ['arg_age', '<', 10]]],
  ['!AND', ['arg_age', '>', 1], ['arg_age', '>', 30]],
  [['uri', '==', '/t/orders']],
  [['request_uri', '==', '/t/orders?age=20&name=Jack&name=Jill&empty=']],
  [['args', '~~', '^age=20&']],
  [['query_string', '~~', '^age=20&']],
  [['is_args', '==', '?']],
  [['host', '==', 'foo.com']],
  [['scheme', '==', 'http']],
  [['request_method', '==', 'POST']],
  [['method', '==', 'POST']],
  [['realip_remote_addr', '==', '10.1.2.3']],
  [['http_x_user_id', '==', '7']],
  [['http_X_User_ID', '==', '7']],
  [['http_accept', '==', 'a, b']],
  [['cookie_session', '==', 's=2']],
  [['uri_param_topic', '==', 'orders']],
]

for (const vars of hold) {
  test(`holds: ${JSON.stringify(vars)}`, () => {
    assert.equal(compileVars(vars)(request, params), true)
  })
}

const fail: readonly Json[] = [
  [['arg_name', '==', 'jack']],
  [['arg_age', '==', 21]],
  [['arg_name', '==', 0]],
  [['arg_empty', '==', 0]],
  [['arg_age', '==', true]],
  [['arg_name', '>', 1]],
  [['arg_none', '<', 1]],
  [['arg_none', '~~', '.*']],
  [['arg_none', '~*', '.*']],
  [['arg_age', 'in', [20]]],
  [['arg_name', 'in', 'Jack']],
  [['arg_name', 'has', 'Jack']],
  [['arg_none', 'ipmatch', '0.0.0.0/0']],
  [['arg_name', 'ipmatch', '0.0.0.0/0']],
  [
    ['arg_age', '>', 1],
    ['arg_age', '>', 30],
  ],
  ['!OR', ['arg_age', '>', 1], ['arg_age', '>', 30]],
  [['unknown_variable', '==', 'x']],
  [['http_constructor', '~=', null]],
  [['uri_param_constructor', '~=', null]],
  [['cookie_b', '~=', null]],
]

for (const vars of fail) {
  test(`does not hold: ${JSON.stringify(vars)}`, () => {
    assert.equal(compileVars(vars)(request, params), false)
  })
}

const refused: readonly (readonly [vars: Json, text: string])[] = [
  [['arg_name', '==', 'json'], 'rule should be wrapped inside brackets'],
  [[1], 'rule should be wrapped inside brackets'],
  ['arg_name', 'invalid expression'],
  [[[]], 'rule too short'],
  [[{}], 'rule too short'],
  [['OR', ['arg_name', '==', 'x']], 'rule too short'],
  [['OR'], 'rule too short'],
  [[['arg_name']], 'invalid expression'],
  [[['arg_name', null]], 'invalid expression'],
  [[[null, '==', 'x']], 'invalid expression'],
  [[['arg_name', '==', 'x'], 'arg_name'], 'invalid expression'],
  [[['arg_name', 'not', 'in', ['x']]], "bad 'not' expression"],
  [[['arg_name', '=', 'x']], "invalid operator '='"],
  [[['arg_name', '!=', 'x']], "invalid operator '!='"],
  [[['arg_name', '!', 'LIKE', 'x']], "invalid operator 'like'"],
  [[['arg_name', 5, 'x']], "invalid operator '5'"],
  [[['remote_addr', 'ipmatch', '']], 'invalid ip address'],
  [[['remote_addr', 'ipmatch', []]], 'invalid ip address'],
  [[['remote_addr', 'ipmatch', null]], 'invalid ip address'],
  [[['remote_addr', 'ipmatch', '10.0.0.300']], 'invalid ip address: 10.0.0.300'],
  [
    [['arg_name', '~~', '(']],
    "invalid regular expression '(', patterns are RE2's, without lookaround and references back",
  ],
  [
    [['arg_name', '~~', '(?=J)']],
    "invalid regular expression '(?=J)', patterns are RE2's, without lookaround and references back",
  ],
  [[['arg_name', '~~', 5]], 'the right side of ~~ and ~* should be a regular expression'],
]

for (const [vars, message] of refused) {
  test(`refuses ${JSON.stringify(vars)}`, () => {
    assert.throws(() => compileVars(vars), { code: 'CONFIG_VARS_INVALID', message })
  })
}

test('a pattern is as fast as its text is long, whatever it would have to try', () => {
  const request = matchRequest({ query: new URLSearchParams({ a: `${'a'.repeat(20_000)}!` }) })
  // One that backtracks has some 2^20000 ways to try.
  assert.equal(compileVars([['arg_a', '~~', '^(a+)+$']])(request, {}), false)
  assert.equal(compileVars([['arg_a', '~~', '^(a+)+!$']])(request, {}), true)
})
