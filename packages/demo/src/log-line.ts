const troubles: readonly unknown[] = ['warn', 'error', 'fatal']

// Shown already, or of no use to whoever watches.
const hidden = new Set(['level', 'time', 'msg', 'stack'])

/** One line for a warning or an error of the gateway's log, with its fields; `undefined` for other entries. */
export function describeTrouble(entry: Readonly<Record<string, unknown>>): string | undefined {
  if (!troubles.includes(entry.level)) return undefined
  const fields = Object.entries(entry).filter(([name]) => !hidden.has(name))
  const shown = fields.map(([name, value]) => `${name === 'err' ? 'error' : name}: ${describeValue(value)}`)
  const text = shown.length === 0 ? String(entry.msg) : `${entry.msg} (${shown.join(', ')})`
  return text.replaceAll(/[\s\p{C}]+/gu, ' ').trim()
}

/** Of an error only its message: its stack is many lines. */
function describeValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message)
  return JSON.stringify(value)
}
