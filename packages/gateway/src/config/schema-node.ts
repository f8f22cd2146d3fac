import { type TSchema, Type } from 'typebox'

/** What the check, the template and the reference read from a schema besides its type. */
export interface SchemaNotes {
  readonly description: string
  readonly default?: unknown
  readonly examples: readonly unknown[]
  /** What to write instead of a refused value. */
  readonly hint?: string
  readonly secret: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength: number
  readonly minItems: number
}

/** Reads the notes of a schema; what is absent gets a neutral value. */
export function schemaNotes(schema: TSchema): SchemaNotes {
  const keywords = new Map<string, unknown>(Object.entries(schema))
  const text = (name: string) => (typeof keywords.get(name) === 'string' ? String(keywords.get(name)) : undefined)
  const number = (name: string) => (typeof keywords.get(name) === 'number' ? Number(keywords.get(name)) : undefined)
  const examples = keywords.get('examples')
  const [hint, minimum, maximum] = [text('hint'), number('minimum'), number('maximum')]
  return {
    description: text('description') ?? '',
    examples: Array.isArray(examples) ? examples : [],
    secret: keywords.get('secret') === true,
    minLength: number('minLength') ?? 0,
    minItems: number('minItems') ?? 0,
    ...(keywords.has('default') && { default: keywords.get('default') }),
    ...(hint !== undefined && { hint }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
  }
}

/** The type of a schema in words, e.g. `an integer from 0 to 65535`. */
export function describeType(schema: TSchema): string {
  if (Type.IsInteger(schema)) return `an integer ${describeRange(schemaNotes(schema))}`.trimEnd()
  if (Type.IsNumber(schema)) return `a number ${describeRange(schemaNotes(schema))}`.trimEnd()
  if (Type.IsBoolean(schema)) return 'true or false'
  if (Type.IsString(schema)) return schemaNotes(schema).minLength > 0 ? 'a text that is not empty' : 'a text'
  if (Type.IsEnum(schema)) return `${schema.enum.length > 1 ? 'one of ' : ''}${schema.enum.join(', ')}`
  if (Type.IsArray(schema)) return schemaNotes(schema).minItems > 0 ? 'a list that is not empty' : 'a list'
  if (Type.IsObject(schema)) return 'a mapping'
  if (Type.IsUnion(schema)) return schema.anyOf.map(describeType).join(' or ')
  throw new Error('the schema of the configuration uses a type that its check does not know')
}

function describeRange({ minimum, maximum }: SchemaNotes): string {
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`
  if (minimum !== undefined) return `of at least ${minimum}`
  return maximum !== undefined ? `of at most ${maximum}` : ''
}
