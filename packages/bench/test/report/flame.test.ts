import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallNode, type CpuProfile, callTree, selfTimes } from '../../src/report/cpu-profile.ts'
import { drawFlame } from '../../src/report/flame.ts'
import { renderSelfTimes } from '../../src/report/self-times.ts'

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 1 })

/** `main` calls `send` in two versions, 30 and 20 µs; itself 40; 10 are garbage collection and 100 idle. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5, 6] },
    { id: 2, callFrame: frame('main', 'file:///somewhere/packages/server/src/main.ts'), children: [3, 4] },
    { id: 3, callFrame: frame('send', 'file:///somewhere/node_modules/.pnpm/ws@8/node_modules/ws/lib/sender.js') },
    { id: 4, callFrame: frame('send', 'file:///somewhere/node_modules/.pnpm/ws@8/node_modules/ws/lib/sender.js') },
    { id: 5, callFrame: frame('(idle)') },
    { id: 6, callFrame: frame('(garbage collector)') },
  ],
  samples: [2, 3, 4, 5, 6],
  timeDeltas: [40, 30, 20, 100, 10],
}

test('calls are added up, without what was idle, and alike ones are one', () => {
  const { total, children } = callTree(profile)
  assert.equal(total, 100)
  assert.deepEqual(
    children.map(({ name, self, total: all }) => [name, self, all]),
    [
      ['main (server/src/main.ts)', 40, 90],
      ['(garbage collector)', 10, 10],
    ],
  )
  assert.deepEqual(children[0]?.children, [{ name: 'send (ws/lib/sender.js)', self: 50, total: 50, children: [] }])
})

test('a profile of nothing is refused', () => {
  assert.throws(() => callTree({ nodes: [], samples: [], timeDeltas: [] }), RangeError)
})

test('self times are by function, largest first', () => {
  assert.deepEqual(
    selfTimes(callTree(profile)).map(({ name, share }) => [name, share]),
    [
      ['send (ws/lib/sender.js)', 0.5],
      ['main (server/src/main.ts)', 0.4],
      ['(garbage collector)', 0.1],
      ['(root)', 0],
    ],
  )
  assert.match(renderSelfTimes(callTree(profile), 1), /^share.*\n {2}50\.0 % {2}send \(ws\/lib\/sender\.js\)\n$/)
})

test('a box is as wide as its share, has its shares as a title, and names no path of the machine', () => {
  const svg = drawFlame('A <title>', callTree(profile))
  assert.match(svg, /A &lt;title&gt;/)
  assert.match(
    svg,
    /<title>main \(server\/src\/main\.ts\): 90\.0 % in all, 40\.0 % itself<\/title><rect x="8\.0" y="58" width="1065\.1"/,
  )
  assert.match(
    svg,
    /<title>send \(ws\/lib\/sender\.js\): 50\.0 % in all, 50\.0 % itself<\/title><rect x="8\.0" y="76" width="591\.5"/,
  )
  assert.doesNotMatch(svg, /somewhere/)
})

test('what is called from very deep is left out', () => {
  const deep = (depth: number): CallNode => ({
    name: `depth ${depth}`,
    self: 1,
    total: 1,
    children: depth === 100 ? [] : [deep(depth + 1)],
  })
  const svg = drawFlame('Deep', deep(0))
  assert.match(svg, /<title>depth 52:/)
  assert.doesNotMatch(svg, /<title>depth 53:/)
})
