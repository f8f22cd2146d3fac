/** What stands in a log in place of a secret. */
const mask = '******'

// In lower case, without - and _.
const secretNames = new Set([
  'xapikey',
  'apikey',
  'adminkey',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'passwd',
  'secret',
  'token',
  'sasl',
  'clientkey',
  'privatekey',
  'encryptionkey',
])

const maxDepth = 6

/** A copy of a log line's fields in which the values of secret fields are masked, at any depth. */
export function redact(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, 0)
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactValue(name, value, depth)]))
}

function redactValue(name: string, value: unknown, depth: number): unknown {
  if (value !== undefined && secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ''))) return mask
  if (typeof value !== 'object' || value === null || depth >= maxDepth) return value
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue('', item, depth + 1))
  // Errors, buffers and other instances are left to the log's serializers.
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? redactObject(value, depth + 1) : value
}
