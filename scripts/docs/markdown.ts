import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The checkout's root folder. */
export const root = join(import.meta.dirname, '../..')

/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string
  /** What follows the language on the opening line, e.g. `run`. */
  readonly mark: string
  readonly text: string
  /** Of the opening line, from 1. */
  readonly line: number
}

/** Every page of the documentation, by its path from the root. */
export function markdownFiles(): string[] {
  const patterns = ['*.md', 'docs/**/*.md', 'proto/*.md', 'packages/*/*.md']
  return globSync(patterns, { cwd: root, exclude: (name) => name.includes('node_modules') }).sort()
}

/** Text of a file, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  const lines = markdown.split('\n')
  for (let start = 0; start < lines.length; start++) {
    const opening = /^(`{3,})(\S*) *(.*)$/.exec(lines[start] ?? '')
    if (opening === null) continue
    const [, fence = '', language = '', mark = ''] = opening
    const length = lines.slice(start + 1).indexOf(fence)
    if (length < 0) throw new Error(`a block of code that starts at line ${start + 1} has no end`)
    const text = lines.slice(start + 1, start + 1 + length).join('\n')
    blocks.push({ language, mark: mark.trim(), text, line: start + 1 })
    start += length + 1
  }
  return blocks
}

/** A page without its fenced blocks, whose lines stay empty. */
export function proseOf(markdown: string): string {
  const lines = markdown.split('\n')
  for (const { line, text } of codeBlocks(markdown)) {
    lines.fill('', line - 1, line + 1 + (text === '' ? 0 : text.split('\n').length))
  }
  return lines.join('\n')
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-')
    let anchor = slug
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`
    anchors.add(anchor)
  }
  return anchors
}
