import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistry } from '@sluice/core'
import { definePlugin, type Scheme } from '@sluice/spi'
import { Type } from 'typebox'
import { checkSchemas } from '../../src/start/check-schemas.ts'

const wrong = Type.Object({ depth: Type.String({ pattern: '(' }) })

const scheme = (name: string, options: Scheme['options']): Scheme => ({
  kind: 'scheme',
  name,
  options,
  usage: 'connect with a fake client',
  create: () => {
    throw new Error('not used')
  },
})

const plugin = (name: string, config: Scheme['options']) =>
  definePlugin({ name, priority: 1, config, secrets: [], create: () => ({}) })

const right = Type.Object({ depth: Type.Optional(Type.Integer()) })

test('schemas that compile are taken', () => {
  checkSchemas(createRegistry([scheme('fake', right)], [plugin('fake-auth', right)]))
})

test('the scheme or plugin whose schema does not compile is named', () => {
  assert.throws(() => checkSchemas(createRegistry([scheme('fake', right), scheme('odd', wrong)], [])), {
    code: 'MODULE_UNUSABLE',
    message: /^cannot load the scheme odd: its schema cannot be used: Invalid regular expression/,
  })
  assert.throws(
    () =>
      checkSchemas(createRegistry([scheme('fake', right)], [plugin('fake-auth', right), plugin('odd-auth', wrong)])),
    { message: /^cannot load the plugin odd-auth: its schema cannot be used: Invalid regular expression/ },
  )
})
