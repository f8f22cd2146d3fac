import assert from 'node:assert/strict'
import { isJsonObject, type Json, type JsonObject } from '@sluice/core'
import type { TestGateway } from '@sluice/harness'
import { Ajv2020 } from 'ajv/dist/2020.js'

/** An operation of the Admin API, as its OpenAPI document has it. */
export interface DocumentedOperation {
  readonly path: string
  /** In upper case. */
  readonly method: string
  /** Schema of the body, with its references replaced one deep. */
  readonly body?: JsonObject
}

/** The OpenAPI document that a gateway shows. */
export interface AdminDocument {
  readonly operations: readonly DocumentedOperation[]
  /** The path of the document that a URL's path is one of. */
  pathOf(urlPath: string): string
  /** Fails unless the answer is one that the document describes. */
  check(path: string, method: string, status: number, answer: unknown): void
  /** The schema that a reference leads to; any other schema is itself. */
  resolve(schema: JsonObject): JsonObject
}

/** Asks a gateway for the document. */
export async function openAdminDocument(gateway: TestGateway): Promise<AdminDocument> {
  const { status, body } = await gateway.admin('GET', '/openapi.json')
  assert.equal(status, 200)
  const document: JsonObject = JSON.parse(JSON.stringify(body))
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'document', ...document })
  const at = (pointer: readonly string[]): Json | undefined =>
    pointer.reduce<Json | undefined>((value, name) => (isJsonObject(value) ? value[name] : undefined), document)
  const resolve = (schema: JsonObject): JsonObject => {
    const { $ref } = schema
    const found = typeof $ref === 'string' ? at($ref.split('/').slice(1)) : schema
    return isJsonObject(found) ? found : assert.fail(`the reference ${$ref} leads nowhere`)
  }
  const paths = Object.entries(objectAt(document, 'paths'))
  const operations = paths.flatMap(([path, item]) =>
    Object.entries(isJsonObject(item) ? item : {}).map(([method, operation]) => {
      const body = isJsonObject(operation) ? at(['paths', path, method, ...bodyPointer]) : undefined
      return { path, method: method.toUpperCase(), ...(isJsonObject(body) && { body: resolve(body) }) }
    }),
  )
  return {
    operations,
    resolve,
    pathOf(urlPath) {
      const fitting = paths.map(([path]) => path).filter((path) => fits(path.split('/'), urlPath.split('/')))
      // One without braces comes first.
      const [path] = fitting.toSorted((a, b) => a.split('{').length - b.split('{').length)
      return path ?? assert.fail(`${urlPath} is not documented`)
    },
    check(path, method, status, answer) {
      const answers = ['paths', path, method.toLowerCase(), 'responses']
      const known = at([...answers, String(status)])
      assert.ok(isJsonObject(known), `${method} ${path}: the answer ${status} is not documented`)
      const shared = typeof known.$ref === 'string' ? known.$ref.split('/').slice(1) : [...answers, String(status)]
      const pointer = [...shared, 'content', 'application/json', 'schema'].map(escapePointer)
      const isValid = ajv.compile({ $ref: `document#/${pointer.join('/')}` })
      const text = JSON.stringify(answer).slice(0, 500)
      assert.ok(isValid(answer), `${method} ${path}: ${ajv.errorsText(isValid.errors)} in ${text}`)
    },
  }
}

const bodyPointer = ['requestBody', 'content', 'application/json', 'schema']

const escapePointer = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))

function objectAt(value: JsonObject, name: string): JsonObject {
  const field = value[name]
  return isJsonObject(field) ? field : assert.fail(`the document has no ${name}`)
}

function fits(path: readonly string[], url: readonly string[]): boolean {
  return path.length === url.length && path.every((part, i) => part.startsWith('{') || part === url[i])
}
