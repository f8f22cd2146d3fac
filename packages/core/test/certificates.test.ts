import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../src/json.ts'
import { emptyTable, revisionOf } from './support/route-table.ts'

function tableOf(...changes: readonly Readonly<Record<string, JsonObject | null>>[]) {
  const { table, problems } = emptyTable()
  const last = changes.reduce((before, change, index) => before.with(revisionOf(index + 1, change)), table)
  return { table: last, problems, find: (name: string) => last.certificate(name)?.id }
}

const ssl = (names: string | readonly string[], more: JsonObject = {}): JsonObject => ({
  ...(typeof names === 'string' ? { sni: names } : { snis: [...names] }),
  cert: 'CERT',
  key: '<KEY>',
  ...more,
})

describe('the certificate for a name', () => {
  test('is that of the name, or of a wildcard for its first label', () => {
    const { find } = tableOf({
      '/ssls/1': ssl('a.example'),
      '/ssls/2': ssl(['*.example', 'b.example']),
      '/ssls/3': ssl('*.a.example'),
    })
    assert.deepEqual(
      ['a.example', 'A.Example.', 'b.example', 'c.example', 'x.a.example', 'x.b.example', 'example', 'other', ''].map(
        find,
      ),
      ['1', '1', '2', '2', '3', undefined, undefined, undefined, undefined],
    )
  })

  test('is none of those for upstreams, and of those that are switched off', () => {
    const { find } = tableOf({
      '/ssls/1': ssl('a.example', { type: 'client' }),
      '/ssls/2': ssl('b.example', { status: 0 }),
    })
    assert.deepEqual([find('a.example'), find('b.example')], [undefined, undefined])
  })

  test('of several is the one whose id comes first', () => {
    const both = { '/ssls/9': ssl('a.example'), '/ssls/10': ssl('a.example') }
    assert.equal(tableOf(both).find('a.example'), '10')
    assert.equal(tableOf(both, { '/ssls/10': null }).find('a.example'), '9')
    assert.equal(tableOf(both, { '/ssls/10': ssl('b.example') }).find('a.example'), '9')
    const { table } = tableOf(both)
    assert.equal(table.fromSnapshot({ revision: 9, entries: [] }).certificate('a.example'), undefined)
  })

  test('has all its pairs, decrypted, with references followed', () => {
    const more = { certs: ['C2'], keys: ['<K2>'], ssl_protocols: ['TLSv1.3'] }
    const { table } = tableOf({
      '/ssls/1': ssl('a.example', more),
      '/ssls/2': { sni: 'b.example', cert: '$env://BOTH/cert', key: '$env://BOTH/key', ssl_protocols: [] },
    })
    assert.deepEqual(table.certificate('a.example'), {
      id: '1',
      pairs: [
        { cert: 'CERT', key: 'KEY' },
        { cert: 'C2', key: 'K2' },
      ],
      protocols: ['TLSv1.3'],
    })
    assert.deepEqual(table.certificate('b.example'), { id: '2', pairs: [{ cert: 'CERT', key: 'KEY' }] })
  })

  test('is the same object until its ssl is written again', () => {
    const { table } = tableOf({ '/ssls/1': ssl('a.example') })
    const first = table.certificate('a.example')
    const later = table.with(revisionOf(2, { '/ssls/2': ssl('b.example') }))
    assert.equal(later.certificate('a.example'), first)
    assert.notEqual(later.with(revisionOf(3, { '/ssls/1': ssl('a.example') })).certificate('a.example'), first)
  })

  test('is not shown where it cannot be read, or would ask for one of the client; that is told once', () => {
    const { table, problems } = tableOf({
      '/ssls/1': ssl('a.example', { key: '<broken>' }),
      '/ssls/2': ssl('b.example', { client: { ca: 'CA' } }),
    })
    for (const name of ['a.example', 'b.example', 'a.example', 'b.example'])
      assert.equal(table.certificate(name), undefined)
    assert.deepEqual(problems, [
      '/ssls/1: no key decrypts it',
      '/ssls/2: ssl 2 asks clients for certificates, which this version cannot, and is not shown to any: take its field client away',
    ])
  })
})
