import { styleText } from 'node:util'
import type { Change } from '@sluice/admin-api'
import type { Json } from '@sluice/core'
import type { Action, Plan } from './plan.ts'

const marks = {
  create: ['green', '+'],
  change: ['yellow', '~'],
  delete: ['red', '-'],
} as const

/** Lines for one action: what it is to, and what changes in it. */
export function showAction({ kind, key, changes }: Action, stream: NodeJS.WriteStream): string {
  const [color, mark] = marks[kind]
  const head = styleText(color, `${mark} ${key.slice(1)}`, { stream })
  return `${[head, ...changes.map((change) => `    ${showChange(change)}`)].join('\n')}\n`
}

/** One line: how many there are of each kind, and what was left alone. */
export function summarize({ actions, unchanged, kept }: Plan, isDone: boolean): string {
  const count = (kind: Action['kind']): number => actions.filter((action) => action.kind === kind).length
  const words = isDone ? ['created', 'changed', 'deleted'] : ['to create', 'to change', 'to delete']
  const counts = (['create', 'change', 'delete'] as const).map((kind, i) => `${count(kind)} ${words[i]}`)
  const alone = kept.length === 0 ? '' : `; ${kept.length} only on the gateway, which --prune deletes: ${shorten(kept)}`
  return `${[...counts, `${unchanged} unchanged`].join(', ')}${alone}\n`
}

const mostShown = 5

function shorten(keys: readonly string[]): string {
  const shown = keys.slice(0, mostShown).map((key) => key.slice(1))
  return [...shown, ...(keys.length > mostShown ? ['…'] : [])].join(', ')
}

function showChange({ op, path, from, value }: Change): string {
  const field = path.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  if (op === 'add') return `${field}: ${short(value)} (new)`
  if (op === 'remove') return `${field}: ${short(from)} (taken away)`
  return `${field}: ${short(from)} → ${short(value)}`
}

const longest = 80

function short(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? ''
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
