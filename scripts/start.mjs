// `npm start`: shows Sluice at work with a real Kafka. All of it is in packages/demo; this gets it running.
import { runChild } from './lib/child.mjs'
import { main, root, setUp } from './lib/setup.mjs'

await main((args) => {
  const { node, env } = setUp({ say: console.log })
  return runChild(node, ['packages/demo/src/main.ts', ...args], { cwd: root, env })
})
