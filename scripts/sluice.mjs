// `npm run sluice -- <arguments>`: the program from the checkout, run where the user is.
import { join } from 'node:path'
import { runChild } from './lib/child.mjs'
import { main, root, setUp } from './lib/setup.mjs'

await main((args) => {
  const { node, env } = setUp()
  return runChild(node, [join(root, 'packages/gateway/src/cli.ts'), ...args], {
    cwd: env.INIT_CWD ?? process.cwd(),
    env,
  })
})
