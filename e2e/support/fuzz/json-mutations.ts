import { isJsonObject, type Json } from '@sluice/core'
import type { Random } from './random.ts'

const hostileNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '\0',
  'id',
  'plugins',
] as const

const hostileValues = [
  null,
  true,
  -1,
  0.1,
  1e308,
  2 ** 53,
  '',
  '\0',
  '\ud800',
  '******',
  '$secret://',
  '$env://PATH',
  'sluice:v1:none:AAAA',
  '../../../etc/passwd',
  '(a+)+$',
  'x'.repeat(70_000),
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { constructor: { prototype: { polluted: 1 } } },
  ['a', '~~', '(a+)+$'],
  ['OR', ['a', '==', '1'], ['!', ['b', 'in', [1]]]],
] as const satisfies readonly Json[]

/** A value with one thing changed somewhere inside. */
export function mutated(random: Random, value: Json): Json {
  if (random.chance(0.15)) return random.pick(hostileValues)
  if (Array.isArray(value)) return mutatedList(random, value)
  return isJsonObject(value) ? mutatedObject(random, Object.entries(value)) : mutatedScalar(random, value)
}

function mutatedScalar(random: Random, value: Json): Json {
  if (typeof value === 'number') return random.pick([-value, value + 0.5, String(value), value * 1e9])
  return random.pick([[value], { a: value }, `${String(value)}\n`, random.pick(hostileValues)])
}

function mutatedList(random: Random, list: readonly Json[]): Json {
  const at = random.below(list.length + 1)
  const here = list[at]
  if (here === undefined) return [...list, random.pick(hostileValues)]
  const others = list.toSpliced(at, 1)
  return random.pick([others, [...list, here], list.with(at, mutated(random, here)), { ...list }])
}

function mutatedObject(random: Random, entries: readonly (readonly [string, Json])[]): Json {
  const at = random.below(entries.length + 1)
  const here = entries[at]
  const added = [...entries, [random.pick(hostileNames), random.pick(hostileValues)] as const]
  if (here === undefined) return Object.fromEntries(added)
  const [name, value] = here
  const changes = [
    entries.with(at, [name, mutated(random, value)]),
    entries.with(at, [name, mutated(random, value)]),
    entries.toSpliced(at, 1),
    entries.with(at, [random.pick(hostileNames), value]),
    added,
  ] as const
  return Object.fromEntries(random.pick(changes))
}

/** The bytes of a body: the value as JSON, or something that is nearly so. */
export function bodyBytes(random: Random, value: Json): Buffer {
  const text = JSON.stringify(value)
  if (random.chance(0.9)) return Buffer.from(text)
  const at = random.below(text.length + 1)
  return random.pick([
    Buffer.from(text.slice(0, at)),
    Buffer.from(`${text.slice(0, at)}${text.slice(at + 1)}`),
    Buffer.concat([Buffer.from(text.slice(0, at)), random.bytes(4), Buffer.from(text.slice(at))]),
    Buffer.from(text.replace('{', '{"a":1,"a":2,')),
    Buffer.from('['.repeat(5000)),
    Buffer.alloc(0),
    Buffer.from(`${text} ${text}`),
  ])
}
