import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { anchorsOf, markdownFiles, proseOf, readText, root } from './markdown.ts'

/** Says which relative links lead nowhere: a file that is not there, or a heading that a page does not have. */
export function brokenLinks(): string[] {
  return markdownFiles().flatMap((file) =>
    linksOf(readText(file)).flatMap(({ target, line }) => {
      const problem = checkLink(file, target)
      return problem === undefined ? [] : [`${file}:${line}: the link ${target} ${problem}`]
    }),
  )
}

function linksOf(markdown: string): { readonly target: string; readonly line: number }[] {
  return proseOf(markdown)
    .split('\n')
    .flatMap((text, index) =>
      [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
        target,
        line: index + 1,
      })),
    )
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

function checkLink(from: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : normalize(join(dirname(from), path))
  if (file.startsWith('..') || !existsSync(join(root, file))) return 'leads to no file'
  if (anchor === undefined) return undefined
  if (!file.endsWith('.md')) return 'has an anchor, but leads to no page'
  return anchorsOf(readText(file)).has(anchor) ? undefined : `leads to no heading of ${file}`
}
