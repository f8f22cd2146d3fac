import { kafkaApiErrors } from '../../packages/kafka-wire/src/index.ts'
import type { ErrorDefinition } from '../../packages/spi/src/index.ts'
import { hasOwnTexts, unknownTexts } from './error-texts.ts'
import { readText } from './markdown.ts'

/** What brings an error about and what to do. */
interface Remedy {
  /** What stands after `err: `, for an error whose template leaves that open; `…` for a value. Checked against the sources. */
  readonly texts?: readonly string[]
  readonly cause: string
  readonly remedy: string
}

/** `docs/errors.remedies.json`. */
interface Remedies {
  /** By code. */
  readonly errors: Readonly<Record<string, Remedy>>
  /** Error codes of Kafka that a read meets, by their names. */
  readonly kafka: Readonly<Record<string, Remedy>>
  /** Names of those that no request of Sluice is answered with. */
  readonly kafkaOthers: readonly string[]
}

// `ErrorResp.code` of an error code of Kafka is 1000 and that code, which may be -1; from 2000 on are other authors' schemes.
const kafkaReplies = { from: 999, to: 1999 }

const readRemedies = (): Remedies => JSON.parse(readText('docs/errors.remedies.json'))

const kafkaName = ({ code }: ErrorDefinition): string => code.replace('KAFKA_', '')

const isKafkaReply = ({ place: { reply = 0 } }: ErrorDefinition): boolean =>
  reply >= kafkaReplies.from && reply <= kafkaReplies.to

/** Says which codes have no cause or remedy, and which remedies have no code. */
export function remedyProblems(catalogue: readonly ErrorDefinition[]): string[] {
  const { errors, kafka, kafkaOthers } = readRemedies()
  const own = catalogue.filter((each) => !isKafkaReply(each)).map(({ code }) => code)
  const names = catalogue.filter(isKafkaReply).map(kafkaName)
  return [
    ...differences('errors', new Set(own), new Set(Object.keys(errors))),
    ...differences('kafka or kafkaOthers', new Set(names), new Set([...Object.keys(kafka), ...kafkaOthers])),
    ...incomplete('errors', errors),
    ...incomplete('kafka', kafka),
    ...textProblems(
      catalogue.filter((each) => !isKafkaReply(each)),
      errors,
    ),
  ]
}

function textProblems(own: readonly ErrorDefinition[], errors: Readonly<Record<string, Remedy>>): string[] {
  const open = own.filter(hasOwnTexts).map(({ code }) => code)
  const texts = new Set(open.flatMap((code) => errors[code]?.texts ?? []))
  return [
    ...open
      .filter((code) => (errors[code]?.texts ?? []).length === 0)
      .map((code) => `docs/errors.remedies.json: ${code} needs "texts", what its messages say, with … for values`),
    ...unknownTexts(texts).map((text) => `docs/errors.remedies.json: no message of kafka-wire says "${text}"`),
  ]
}

const isFilled = (text: unknown): boolean => typeof text === 'string' && text.trim() !== ''

function incomplete(what: string, remedies: Readonly<Record<string, Remedy>>): string[] {
  return Object.entries(remedies)
    .filter(([, { cause, remedy }]) => !isFilled(cause) || !isFilled(remedy))
    .map(([code]) => `docs/errors.remedies.json: ${code} in ${what} needs { "cause": "…", "remedy": "…" }`)
}

function differences(what: string, codes: ReadonlySet<string>, remedies: ReadonlySet<string>): string[] {
  const file = 'docs/errors.remedies.json'
  return [
    ...[...codes].filter((code) => !remedies.has(code)).map((code) => `${file}: ${code} has no text in ${what}`),
    ...[...remedies]
      .filter((code) => !codes.has(code))
      .map((code) => `${file}: ${code} in ${what} is no code of the catalogue`),
  ]
}

/** Says which codes stand for two errors that show in different places: a code has one meaning. */
export function ambiguousCodes(catalogue: readonly ErrorDefinition[]): string[] {
  const places = new Map<string, Set<string>>()
  for (const { code, place } of catalogue) {
    places.set(code, (places.get(code) ?? new Set()).add(JSON.stringify(place)))
  }
  return [...places]
    .filter(([, found]) => found.size > 1)
    .map(([code, found]) => `two errors have the code ${code}, at ${[...found].join(' and at ')}: rename one of them`)
}

/** The generated parts of docs/errors.md, by name. */
export function errorSections(catalogue: readonly ErrorDefinition[]): Record<string, () => string> {
  const { errors } = readRemedies()
  const own = catalogue.filter((each) => !isKafkaReply(each))
  const rows = (place: 'reply' | 'status' | 'close', column: string) => {
    const placed = own.filter((each) => each.place[place] !== undefined)
    placed.sort((a, b) => (a.place[place] ?? 0) - (b.place[place] ?? 0))
    return table(column, placed, (each) => String(each.place[place]), errors)
  }
  return {
    'errors of commands': () => rows('reply', '`ErrorResp.code`'),
    'errors of requests': () => rows('status', 'Status'),
    'errors of sockets': () => rows('close', 'Close code'),
    'errors at start': () =>
      ['| Code | Text | Cause | Remedy |', '| --- | --- | --- | --- |']
        .concat(own.filter(isNowhere).map((each) => `| ${nameAndText(each)} | ${cells(errors[each.code])} |`))
        .join('\n'),
    'errors of Kafka': () => kafkaTable(catalogue.filter(isKafkaReply)),
  }
}

const isNowhere = ({ place }: ErrorDefinition): boolean =>
  place.reply === undefined && place.status === undefined && place.close === undefined

function table(
  column: string,
  definitions: readonly ErrorDefinition[],
  numberOf: (definition: ErrorDefinition) => string,
  remedies: Readonly<Record<string, Remedy>>,
): string {
  return [
    `| ${column} | Code | Text | Cause | Remedy |`,
    '| --- | --- | --- | --- | --- |',
    ...definitions.map((each) => {
      const remedy = remedies[each.code]
      return `| ${numberOf(each)} | ${nameAndText(each, remedy?.texts)} | ${cells(remedy)} |`
    }),
  ].join('\n')
}

const cells = (remedy: Remedy | undefined): string => `${remedy?.cause ?? ''} | ${remedy?.remedy ?? ''}`

function nameAndText({ code, template }: ErrorDefinition, texts: readonly string[] = [template]): string {
  const shown = texts.map((each) => {
    const text = each.replaceAll('|', '\\|').replaceAll('%s', '…')
    return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
  })
  return `\`${code}\` | ${shown.join('<br>')}`
}

function kafkaTable(definitions: readonly ErrorDefinition[]): string {
  const { kafka } = readRemedies()
  const byReply = definitions.toSorted((a, b) => (a.place.reply ?? 0) - (b.place.reply ?? 0))
  const known = byReply.filter((each) => kafkaName(each) in kafka)
  const others = byReply.filter((each) => !(kafkaName(each) in kafka))
  return [
    '| `ErrorResp.code` | `err:` | Class | Cause | Remedy |',
    '| --- | --- | --- | --- | --- |',
    ...known.map((each) => {
      const name = kafkaName(each)
      return `| ${each.place.reply} | \`${name}\` | ${classOf(name)} | ${cells(kafka[name])} |`
    }),
    '',
    'The other codes of the protocol, which no request that Sluice makes is answered with as far as its documentation',
    'tells. If one does come, the broker has more to say in its log:',
    '',
    ...errorClasses.flatMap((errorClass) => {
      const these = others.filter((each) => classOf(kafkaName(each)) === errorClass)
      const names = these.map((each) => `${each.place.reply} \`${kafkaName(each)}\``).join(', ')
      return these.length === 0 ? [] : [`- ${errorClass}: ${names}.`]
    }),
  ].join('\n')
}

const errorClasses = ['retry', 'raise', 'fatal'] as const

const classOf = (kafkaName: string): string =>
  kafkaApiErrors.find(({ name }) => name === kafkaName)?.errorClass ?? 'raise'
