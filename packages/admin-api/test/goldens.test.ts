import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { createTestAdmin, goldenFixtures, keys } from './support/admin.ts'
import { readGolden, type Step } from './support/golden.ts'

const folder = new URL('goldens/', import.meta.url)
const fixtures = goldenFixtures()
const apiKeys: ReadonlyMap<string, string> = new Map(Object.entries(keys))
// 1.5 MiB, and too much by one.
const large = { body: 'x'.repeat(1_572_865) }

for (const file of readdirSync(folder).sort()) {
  test(`golden ${file}`, async () => {
    const { app, clock } = createTestAdmin()
    const steps = readGolden(new URL(file, folder), { ...fixtures, tooLarge: large.body })
    assert.notEqual(steps.length, 0)
    for (const step of steps) {
      if (step.kind === 'wait') clock.advance(step.ms)
      else await check(app, step, `${file}:${step.line}`)
    }
  })
}

type Exchange = Extract<Step, { readonly kind: 'exchange' }>

async function check(app: ReturnType<typeof createTestAdmin>['app'], step: Exchange, where: string): Promise<void> {
  const response = await app.inject({
    method: step.method,
    url: step.url,
    headers: {
      // What APISIX's own test client sends, whatever the body is.
      'content-type': 'application/x-www-form-urlencoded',
      ...(step.as === 'nobody' ? {} : { 'x-api-key': apiKeys.get(step.as) ?? step.as }),
    },
    ...(step.body === '' ? {} : { payload: step.body }),
  })
  const actual = { status: response.statusCode, body: parse(response.body) }
  assert.deepEqual(actual, { status: step.status, body: parse(step.answer) }, where)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.trim()
  }
}
