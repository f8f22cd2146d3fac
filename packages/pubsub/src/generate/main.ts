#!/usr/bin/env node
/** `sluice-proto <file.proto> <file.ts>`: makes the module of a protocol, for `definePubSubScheme`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { renderModule } from './render.ts'

const usage = `Usage: sluice-proto <file.proto> <file.ts> [--name <constant>] [--protocol <interface>] [--check]

Makes the TypeScript module of a pub/sub protocol: its descriptor, and the types of its commands.

  --name <constant>       name of the descriptor; that of the .proto by default, line for line.proto
  --protocol <interface>  name of the type of all commands; LineProtocol for line.proto by default
  --check                 writes nothing; exits with 1 where the module is out of date`

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      protocol: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const [proto, out] = positionals
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (proto === undefined || out === undefined) {
    console.error(usage)
    return 2
  }
  const name = values.name ?? camelCase(basename(proto, '.proto'))
  const protocol = values.protocol ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}Protocol`
  const rendered = renderModule(readFileSync(proto, 'utf8'), name, protocol)
  if (values.check) {
    if (readFileSync(out, 'utf8') === rendered) return 0
    console.error(`${out} differs from ${proto}: run sluice-proto without --check`)
    return 1
  }
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, rendered)
  console.log(`wrote ${out}`)
  return 0
}

const camelCase = (text: string): string => text.replaceAll(/[-_.]+(\w)/g, (_, letter: string) => letter.toUpperCase())

try {
  process.exitCode = main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
