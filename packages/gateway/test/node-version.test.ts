import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeVersionProblem } from '../src/node-version.ts'

test('an old Node is told what is needed', () => {
  for (const version of ['24.11.0', '24.21.0', '26.0.0', '100.1.2'])
    assert.equal(nodeVersionProblem(version), undefined)
  for (const version of ['20.19.0', '22.22.1', '24.10.9', '23.99.0']) {
    assert.equal(
      nodeVersionProblem(version),
      `Sluice needs Node 24.11 or newer, and this is ${version}; install it from nodejs.org or npm (npx node@24)`,
    )
  }
})
