import type { Registry } from '@sluice/core'
import type { FieldNumbers, Plugin, Scheme } from '@sluice/spi'
import type { ModuleSource } from './module-source.ts'

// proto/README.md has the table of numbers.
const firstOfOthers = 2000
const own = /^@sluice\//

/** The envelope, which every protocol restates. */
const envelope: FieldNumbers = { cmd_empty: 31, cmd_ping: 32, error_resp: 31, pong_resp: 32 }

/** Why a scheme or plugin cannot stand beside those that are there; undefined where it can. */
export function takenBy(source: ModuleSource, value: Scheme | Plugin, registry: Registry): string | undefined {
  const { kind, name } = value
  const names: ReadonlyMap<string, unknown> = kind === 'scheme' ? registry.schemes : registry.plugins
  if (names.has(name)) return `there is a ${kind} ${name} already: leave one of them out`
  return kind === 'plugin' ? takenPriority(value, registry) : takenNumber(source, value, registry)
}

function takenPriority({ priority }: Plugin, { plugins }: Registry): string | undefined {
  const other = [...plugins.values()].find((plugin) => plugin.priority === priority)
  if (other === undefined) return undefined
  return `its priority ${priority} is that of the plugin ${other.name}: which runs first must not be left to chance`
}

function takenNumber({ package: name }: ModuleSource, { protocol }: Scheme, { schemes }: Registry): string | undefined {
  if (protocol === undefined) return undefined
  const others = [...schemes.values()]
  for (const part of ['commands', 'answers'] as const) {
    const known = others.map((other) => [other.name, other.protocol?.[part] ?? {}] as const)
    for (const [field, number] of Object.entries(protocol[part])) {
      const fault = numberFault(field, number, known) ?? reservedFault(name, field, number, known)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

type Known = readonly (readonly [scheme: string, numbers: FieldNumbers])[]

function numberFault(field: string, number: number, known: Known): string | undefined {
  for (const [scheme, numbers] of known) {
    const other = Object.keys(numbers).find((name) => numbers[name] === number)
    if (other !== undefined && other !== field) {
      return `its ${field} has the number ${number}, which is that of ${other} of the scheme ${scheme}: take another one`
    }
  }
  return undefined
}

function reservedFault(module: string, field: string, number: number, known: Known): string | undefined {
  if (number >= firstOfOthers || own.test(module) || envelope[field] === number) return undefined
  if (known.some(([, numbers]) => numbers[field] === number)) return undefined
  return `its ${field} has the number ${number}, and those below ${firstOfOthers} are not for other authors: take one of a block of your own`
}
