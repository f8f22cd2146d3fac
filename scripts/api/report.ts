/** Reads a file that `tsc` emitted, by its path from the folder of the index, such as `./errors.d.ts`. */
export type ReadDeclarations = (path: string) => string

/** The public surface of a package. */
export interface ApiReport {
  /** Markdown: every exported name with its declaration, sorted, without comments. */
  readonly text: string
  /** Exported names without a docstring. */
  readonly undocumented: readonly string[]
}

/** Makes the report of a package from its declarations. @throws Error where an export is not found in the file that it is from */
export function apiReport(name: string, read: ReadDeclarations): ApiReport {
  const exported = exportsOf(read('./index.d.ts'))
  const found = exported.map(({ name: symbol, file }) => ({ symbol, ...declarationOf(read(file), symbol, file) }))
  const sorted = found.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))
  const blocks = sorted.map(({ text }) => `\`\`\`typescript\n${text}\n\`\`\``)
  const head = `# API of ${name}\n\nMade by \`npm run check -- --write\`; a change here is a change for authors.`
  return {
    text: `${[head, ...blocks].join('\n\n')}\n`,
    undocumented: sorted.filter(({ isDocumented }) => !isDocumented).map(({ symbol }) => symbol),
  }
}

/** The names that an index exports, and the files that declare them. */
function exportsOf(index: string): readonly { readonly name: string; readonly file: string }[] {
  return [...index.matchAll(/^export (?:type )?\{([^}]*)\} from '(.+?)\.[jt]s';$/gm)].flatMap(([, names = '', file]) =>
    names
      .split(',')
      .map((each) => each.trim().replace(/^type /, ''))
      .filter((each) => each !== '')
      .map((each) => ({ name: each, file: `${file}.d.ts` })),
  )
}

/** A declaration ends where the next line begins that is not indented, which is how `tsc` writes them. */
function declarationOf(
  text: string,
  symbol: string,
  file: string,
): { readonly text: string; readonly isDocumented: boolean } {
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:interface|type|function|const|class|enum) ${symbol}\\b.*$`,
    'm',
  )
  const match = start.exec(text)
  if (match === null) throw new Error(`${file} does not declare ${symbol}`)
  const rest = text.slice(match.index)
  const end = /\n(?=[^\s}])/.exec(rest)?.index ?? rest.length
  return { text: withoutComments(rest.slice(0, end)), isDocumented: /\*\/\n$/.test(text.slice(0, match.index)) }
}

function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('//#'))
    .join('\n')
}
