import { type CodeBlock, codeBlocks, markdownFiles, readText } from './markdown.ts'
import { withoutSections } from './sections.ts'

/** A command of the documentation that the tests run, and what it prints. */
export interface Example {
  /** `file:line` of the block. */
  readonly at: string
  readonly command: string
  /** The block with the mark `answer` that follows, if there is one. */
  readonly answer?: { readonly language: string; readonly text: string }
}

// Blocks of a page that are to run carry `run` after their language, and the output that they must have `answer`.
const marks = new Set(['', 'run', 'answer'])

/** The commands of a page that the tests run, in order. */
export function examplesOf(file: string): Example[] {
  const blocks = codeBlocks(readText(file))
  return blocks.flatMap(({ mark, text, line }, index) => {
    if (mark !== 'run') return []
    const next = blocks[index + 1]
    const answer = next?.mark === 'answer' ? { language: next.language, text: next.text } : undefined
    return [{ at: `${file}:${line}`, command: text, ...(answer !== undefined && { answer }) }]
  })
}

/** Every page with commands to run; the end-to-end test runs all of these, so that none can be forgotten. */
export function pagesWithExamples(): string[] {
  return markdownFiles().filter((file) => examplesOf(file).length > 0)
}

/** Says where a mark is misspelt, an answer belongs to no command, or code in TypeScript is no part of a checked file. */
export function markProblems(): string[] {
  return markdownFiles().flatMap((file) => {
    const text = readText(file)
    const isGuide = file.startsWith('docs/')
    const loose = codeBlocks(withoutSections(text)).filter(({ language }) => isGuide && language === 'ts')
    const unchecked = loose.map(({ line }) => `${file}:${line}: show TypeScript as a generated part "file <path>"`)
    return [...unchecked, ...blockProblems(file, codeBlocks(text))]
  })
}

function blockProblems(file: string, blocks: readonly CodeBlock[]): string[] {
  return blocks.flatMap(({ mark, line, language }, index) => {
    const at = `${file}:${line}`
    if (!marks.has(mark)) return [`${at}: the mark "${mark}" is none of run and answer`]
    if (mark === 'run' && language !== 'sh') return [`${at}: only blocks of sh can run`]
    if (mark === 'answer' && blocks[index - 1]?.mark !== 'run') return [`${at}: an answer without a command before it`]
    return []
  })
}
