/** The part of a JSON Schema that the tables show. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** A Markdown table of an object schema: one row for each field, nested ones dotted. */
export function schemaTable(schema: object): string {
  const plain: Schema = JSON.parse(JSON.stringify(schema))
  return ['| Field | Value | Default | Description |', '| --- | --- | --- | --- |', ...rows(plain, '')].join('\n')
}

function rows({ properties = {}, required = [] }: Schema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = prefix + name
    // A nested object that may be left out is no less optional for what it needs when it is there.
    const fallback = defaultOf(field, required.includes(name))
    const description = (field.description ?? '').replaceAll('|', '\\|')
    return [`| \`${path}\` | ${typeOf(field)} | ${fallback} | ${description} |`, ...rows(field, `${path}.`)]
  })
}

function defaultOf(field: Schema, isRequired: boolean): string {
  if (field.default !== undefined) return `\`${JSON.stringify(field.default)}\``
  return isRequired ? 'required' : ''
}

function typeOf(field: Schema): string {
  const values = field.enum ?? field.anyOf?.map((each) => each.const)
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ')
  const [least, most] = [field.minimum ?? field.minLength, field.maximum ?? field.maxLength]
  const unit = field.type === 'string' ? ' characters' : ''
  if (least !== undefined && most !== undefined) return `${field.type}, ${least} to ${most}${unit}`
  if (least !== undefined) return `${field.type}, at least ${least}${unit}`
  return field.type ?? 'any'
}
