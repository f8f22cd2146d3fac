// `npm run bench`
import { runChild } from './lib/child.mjs'
import { main, root, setUp } from './lib/setup.mjs'

await main((args) => {
  const { node, env } = setUp()
  return runChild(node, ['packages/bench/src/main.ts', ...args], { cwd: root, env })
})
