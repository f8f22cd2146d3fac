import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiReport } from '../api/report.ts'

const files = new Map([
  ['./index.d.ts', "export { type B, a } from './one.ts';\nexport type { C } from './two.ts';\n//# sourceMappingURL=x"],
  [
    './one.d.ts',
    `/** What a does. @public */
export declare function a(): B;
/** A file of its own
 * on two lines. @beta */
export interface B {
    /** A field. */
    readonly field: string;
    // No docstring.
    readonly other: {
        readonly inner: number;
    };
}
declare const hidden: unique symbol;
//# sourceMappingURL=one.d.ts.map`,
  ],
  ['./two.d.ts', 'interface D {\n}\nexport type C = D;\n'],
])

const read = (path: string): string => files.get(path) ?? assert.fail(path)

test('every exported name is there, sorted, without comments', () => {
  const { text } = apiReport('@acme/p', read)
  const declarations = [...text.matchAll(/```typescript\n([\s\S]*?)\n```/g)].map(([, code]) => code)
  assert.deepEqual(declarations, [
    '// @beta\nexport interface B {\n    readonly field: string;\n    // No docstring.\n    readonly other: {\n        readonly inner: number;\n    };\n}',
    'export type C = D;',
    'export declare function a(): B;',
  ])
})

test('names and members without a docstring are told, names that do not say how stable they are, and what is not declared', () => {
  const { undocumented, untagged } = apiReport('@acme/p', read)
  assert.deepEqual(undocumented, ['B.other', 'C'])
  assert.deepEqual(untagged, ['C'])
  assert.throws(
    () => apiReport('@acme/p', (path) => (path === './index.d.ts' ? "export { x } from './two.ts';\n" : read(path))),
    /\.\/two\.d\.ts does not declare x/,
  )
})
