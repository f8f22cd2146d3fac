import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { Validator as OpenApiValidator } from '@seriousme/openapi-schema-validator'
import { isJsonObject, type Json, type JsonObject, resourceTypes } from '@sluice/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { endpoints } from '../../src/endpoints/endpoints.ts'
import type { AuditLog } from '../../src/index.ts'
import { createTestAdmin, keys, noReach } from '../support/admin.ts'

const root = '/apisix/admin'
const methods = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'] as const
type Method = (typeof methods)[number]

/** What stands in paths for the names in braces. */
const names: Readonly<Record<string, string>> = {
  id: '1',
  username: 'jack',
  owner: 'jack',
  manager: 'vault',
  name: 'limit-count',
  path: 'desc',
  kind: 'route',
  resources: 'routes',
}

const bodies: Readonly<Partial<Record<Method, string>>> = { PUT: '{"id":"1"}', POST: '{}', PATCH: '{}' }

/** How a request is answered that no operation is there for. */
const refusals = [
  /^not found$/,
  /^Unsupported resource type/,
  /^not supported `/,
  /^please use PUT/,
  /^missing .+ id$/,
  /^no secret id$/,
  /^invalid secret manager: secret$/,
  /do not need it$/,
  /^stream mode is disabled/,
]

describe('the OpenAPI document', () => {
  const log: AuditLog = { append: async () => {}, read: async () => [] }
  const { app } = createTestAdmin({ isStandalone: true, audit: { log, hashKey: new Uint8Array(32) }, reach: noReach })
  let document: JsonObject

  const ask = (method: Method, path: string, key: string = keys.admin) =>
    app.inject({ method, url: path, headers: { 'x-api-key': key }, ...(bodies[method] && { payload: bodies[method] }) })
  const fieldOf = (value: Json | undefined, name: string): JsonObject => {
    const field = isJsonObject(value) ? value[name] : undefined
    return isJsonObject(field) ? field : assert.fail(`there is no object ${name}`)
  }
  const operations = (): readonly (readonly [path: string, method: string, operation: JsonObject])[] =>
    Object.entries(fieldOf(document, 'paths')).flatMap(([path, item]) =>
      Object.keys(isJsonObject(item) ? item : {}).map((method) => [path, method, fieldOf(item, method)] as const),
    )

  before(async () => {
    document = (await ask('GET', `${root}/openapi.json`)).json()
  })

  it('is shown to who has a key', async () => {
    assert.equal((await app.inject({ url: `${root}/openapi.json` })).statusCode, 401)
    assert.equal((await ask('GET', `${root}/openapi.json`, keys.viewer)).statusCode, 200)
  })

  it('is OpenAPI 3.1, as another program sees it', async () => {
    const validator = new OpenApiValidator()
    assert.deepEqual(await validator.validate(structuredClone({ ...document })), { valid: true })
    assert.equal(validator.version, '3.1')
    // The control: it would not take anything.
    const { info: _, ...broken } = document
    assert.equal((await new OpenApiValidator().validate(structuredClone(broken))).valid, false)
  })

  it('keeps the names of its operations', () => {
    const shown = operations().map(
      ([path, method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
    )
    const golden = readFileSync(new URL('operations.txt', import.meta.url), 'utf8')
    assert.equal(`${shown.join('\n')}\n`, golden)
    assert.equal(new Set(operations().map(([, , { operationId }]) => operationId)).size, shown.length)
  })

  it('has every path that is answered, with every method, and no other', async () => {
    const collections = resourceTypes.flatMap(({ name, parent, hasVariants }) =>
      parent === undefined
        ? [`/${name}`, ...(hasVariants ? [`/${name}/{manager}`] : [])]
        : [`/${parent}/{owner}/${name}`],
    )
    const paths = new Set([
      ...operations().map(([path]) => path),
      ...endpoints.map(({ path }) => `${root}${path}`),
      ...collections.flatMap((path) => ['', '/{id}', '/{id}/{path}'].map((rest) => `${root}${path}${rest}`)),
      `${root}/nope`,
    ])
    const documented = new Set(operations().map(([path, method]) => `${method.toUpperCase()} ${path}`))
    // An upstream may be called `test`, too.
    const isConcrete = (path: string) =>
      operations().some(([each]) => each === path) && !path.includes('{') && path !== `${root}/upstreams/test`
    for (const path of paths) {
      if (path === root) continue
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? assert.fail(name))
      for (const method of methods) {
        const { body } = await ask(method, url)
        const text = /"error_msg":"([^"]*)"/.exec(body)?.[1] ?? ''
        const isAnswered = !refusals.some((refusal) => refusal.test(text))
        // A path without braces comes before those that have them.
        const isDocumented = isConcrete(path) ? documented.has(`${method} ${path}`) : fitsAny(documented, method, url)
        assert.equal(isDocumented, isAnswered, `${method} ${path}: ${body}`)
      }
    }
  })

  it('has schemas that compile, of which no reference is lost, and bodies that fit them', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'document', ...document })
    let checked = 0
    for (const [path, method, operation] of operations()) {
      const body = isJsonObject(operation.requestBody)
        ? fieldOf(fieldOf(operation.requestBody, 'content'), 'application/json')
        : undefined
      if (body === undefined) continue
      const pointer = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'].map(escapePointer)
      const fits = ajv.compile({ $ref: `document#/${pointer.join('/')}` })
      if (body.example === undefined) continue
      assert.ok(fits(body.example), `${method} ${path}: ${ajv.errorsText(fits.errors)}`)
      assert.ok(
        !fits({ nothing_of_the_kind: {} }) || path.includes('/secrets') || path.includes('/plugin_metadata'),
        path,
      )
      checked++
    }
    assert.ok(checked > 20)
  })
})

const escapePointer = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))

/** Whether the path is documented, with whatever names in braces. */
function fitsAny(documented: ReadonlySet<string>, method: string, url: string): boolean {
  const segments = url.split('/')
  return [...documented].some((each) => {
    const [documentedMethod, path = ''] = each.split(' ')
    const parts = path.split('/')
    const fits =
      parts.length === segments.length && parts.every((part, i) => part.startsWith('{') || part === segments[i])
    return documentedMethod === method && fits
  })
}
