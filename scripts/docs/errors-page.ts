import type { ErrorDefinition } from '../../packages/spi/src/index.ts'
import { readText } from './markdown.ts'

/** `docs/errors.remedies.json`: what brings each error about and what to do. */
interface Remedies {
  /** By code. */
  readonly errors: Readonly<Record<string, string>>
  /** Error codes of Kafka that a read meets, by their names. */
  readonly kafka: Readonly<Record<string, string>>
  /** Names of those that no request of Sluice is answered with. */
  readonly kafkaOthers: readonly string[]
}

// `ErrorResp.code` of an error code of Kafka is 1000 and that code, which may be -1; from 2000 on are other authors' schemes.
const kafkaReplies = { from: 999, to: 1999 }

const readRemedies = (): Remedies => JSON.parse(readText('docs/errors.remedies.json'))

const kafkaName = ({ code }: ErrorDefinition): string => code.replace('KAFKA_', '')

const isKafkaReply = ({ place: { reply = 0 } }: ErrorDefinition): boolean =>
  reply >= kafkaReplies.from && reply <= kafkaReplies.to

/** Says which codes have no remedy, and which remedies have no code. */
export function remedyProblems(catalogue: readonly ErrorDefinition[]): string[] {
  const { errors, kafka, kafkaOthers } = readRemedies()
  const own = catalogue.filter((each) => !isKafkaReply(each)).map(({ code }) => code)
  const names = catalogue.filter(isKafkaReply).map(kafkaName)
  return [
    ...differences('errors', new Set(own), new Set(Object.keys(errors))),
    ...differences('kafka or kafkaOthers', new Set(names), new Set([...Object.keys(kafka), ...kafkaOthers])),
  ]
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
      ['| Code | Text | Cause and remedy |', '| --- | --- | --- |']
        .concat(own.filter(isNowhere).map((each) => `| ${nameAndText(each)} | ${errors[each.code] ?? ''} |`))
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
  remedies: Readonly<Record<string, string>>,
): string {
  return [
    `| ${column} | Code | Text | Cause and remedy |`,
    '| --- | --- | --- | --- |',
    ...definitions.map((each) => `| ${numberOf(each)} | ${nameAndText(each)} | ${remedies[each.code] ?? ''} |`),
  ].join('\n')
}

function nameAndText({ code, template }: ErrorDefinition): string {
  const text = template.replaceAll('|', '\\|').replaceAll('%s', '…')
  return `\`${code}\` | ${text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``}`
}

function kafkaTable(definitions: readonly ErrorDefinition[]): string {
  const { kafka } = readRemedies()
  const byReply = definitions.toSorted((a, b) => (a.place.reply ?? 0) - (b.place.reply ?? 0))
  const known = byReply.filter((each) => kafkaName(each) in kafka)
  const others = byReply.filter((each) => !(kafkaName(each) in kafka))
  return [
    '| `ErrorResp.code` | `err:` | Cause and remedy |',
    '| --- | --- | --- |',
    ...known.map((each) => `| ${each.place.reply} | \`${kafkaName(each)}\` | ${kafka[kafkaName(each)] ?? ''} |`),
    '',
    'The other codes of the protocol, which no request that Sluice makes is answered with as far as its documentation',
    'tells. If one does come, the broker has more to say in its log:',
    '',
    `${others.map((each) => `${each.place.reply} \`${kafkaName(each)}\``).join(', ')}.`,
  ].join('\n')
}
