/** `npm run proto [-- --check]`: makes the modules of all protocols of this repository, or says which of them is out of date. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const generator = join(root, 'packages/pubsub/src/generate/main.ts')

const modules = [
  ['proto/pubsub.proto', 'packages/scheme-kafka/src/generated/pubsub.ts', '--protocol', 'KafkaProtocol'],
  ['proto/memory.proto', 'packages/scheme-memory/src/generated/memory.ts'],
  ['docs/examples/scheme-line/line.proto', 'docs/examples/scheme-line/generated/line.ts'],
]

for (const module of modules) {
  try {
    execFileSync(process.execPath, [generator, ...module, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  } catch {
    process.exitCode = 1
  }
}
