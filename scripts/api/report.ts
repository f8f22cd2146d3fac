/** Reads a file that `tsc` emitted, by its path from the folder of the index, such as `./errors.d.ts`. */
export type ReadDeclarations = (path: string) => string

/** The public surface of a package. */
export interface ApiReport {
  /** Markdown: every exported name with its declaration, sorted, without comments; `// @beta` above those that are. */
  readonly text: string
  /** Exported names, and members of exported interfaces (`Name.member`), without a docstring. */
  readonly undocumented: readonly string[]
  /** Exported names whose docstring does not say how stable they are: `@public` or `@beta`. */
  readonly untagged: readonly string[]
}

/** Makes the report of a package from its declarations. @throws Error where an export is not found in the file that it is from */
export function apiReport(name: string, read: ReadDeclarations): ApiReport {
  const exported = exportsOf(read('./index.d.ts'))
  const found = exported.map(({ name: symbol, file }) => ({ symbol, ...declarationOf(read(file), symbol, file) }))
  const sorted = found.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))
  const blocks = sorted.map(
    ({ docstring, text }) => `\`\`\`typescript\n${docstring.includes('@beta') ? '// @beta\n' : ''}${text}\n\`\`\``,
  )
  const head = `# API of ${name}\n\nMade by \`npm run check -- --write\`; a change here is a change for authors.`
  return {
    text: `${[head, ...blocks].join('\n\n')}\n`,
    undocumented: sorted.flatMap(({ docstring, members, symbol }) => [
      ...(docstring === '' ? [symbol] : []),
      ...members.map((member) => `${symbol}.${member}`),
    ]),
    untagged: sorted.filter(({ docstring }) => !/@(?:public|beta)\b/.test(docstring)).map(({ symbol }) => symbol),
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

interface Declaration {
  readonly text: string
  /** Empty where it has none. */
  readonly docstring: string
  /** Names of members without a docstring, of an interface. */
  readonly members: readonly string[]
}

/** A declaration ends where the next line begins that is not indented, which is how `tsc` writes them. */
function declarationOf(text: string, symbol: string, file: string): Declaration {
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:interface|type|function|const|class|enum) ${symbol}\\b.*$`,
    'm',
  )
  const match = start.exec(text)
  if (match === null) throw new Error(`${file} does not declare ${symbol}`)
  const rest = text.slice(match.index)
  const end = /\n(?=[^\s}])/.exec(rest)?.index ?? rest.length
  const before = text.slice(0, match.index)
  const declaration = rest.slice(0, end)
  return {
    text: withoutComments(declaration),
    docstring: before.endsWith('*/\n') ? before.slice(before.lastIndexOf('/**')) : '',
    members: declaration.startsWith('export interface') ? undocumentedMembers(declaration) : [],
  }
}

/** Members are indented by four spaces, those of a literal within by more. */
function undocumentedMembers(declaration: string): readonly string[] {
  const lines = declaration.split('\n')
  return lines.flatMap((line, index) => {
    const [, name] = /^ {4}(?:readonly )?(\w+)\??[:(<]/.exec(line) ?? []
    return name === undefined || lines[index - 1]?.endsWith('*/') ? [] : [name]
  })
}

function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('//#'))
    .join('\n')
}
