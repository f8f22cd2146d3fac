/** `npm run proto [-- --check]`: makes the generated modules from `proto/`, or says which of them is out of date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { renderModule } from './render.ts'

const root = new URL('../../../../', import.meta.url)

const modules = [
  {
    proto: 'proto/pubsub.proto',
    out: 'packages/scheme-kafka/src/generated/pubsub.ts',
    name: 'pubsub',
    protocol: 'KafkaProtocol',
  },
]

const check = process.argv.includes('--check')
for (const { proto, out, name, protocol } of modules) {
  const rendered = renderModule(readFileSync(new URL(proto, root), 'utf8'), name, protocol)
  const target = new URL(out, root)
  if (!check) {
    writeFileSync(target, rendered)
    console.log(`wrote ${out}`)
  } else if (readFileSync(target, 'utf8') !== rendered) {
    console.error(`${out} differs from ${proto}: run npm run proto`)
    process.exitCode = 1
  }
}
