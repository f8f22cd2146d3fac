// Runs a command of node_modules/.bin, or any other, under the Node.js that the project uses.
import { runChild } from './lib/child.mjs'
import { main, root, SetUpFailed, setUp } from './lib/setup.mjs'

await main(([command, ...args]) => {
  if (!command) throw new SetUpFailed('usage: node scripts/with-node24.mjs <command> [arguments]')
  const { env } = setUp()
  return runChild(command, args, { cwd: root, env })
})
