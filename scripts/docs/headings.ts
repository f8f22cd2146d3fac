import { markdownFiles, proseOf, readText } from './markdown.ts'

/** Says which headings of level 1 and 2 stand twice on a page, as after a merge that took both sides. */
export function repeatedHeadings(): string[] {
  return markdownFiles().flatMap((file) => {
    const headings = [...proseOf(readText(file)).matchAll(/^#{1,2} +(.+?) *#*$/gm)].map(([, text = '']) => text)
    const repeated = headings.filter((text, index) => headings.indexOf(text) < index)
    return repeated.map((text) => `${file}: the heading "${text}" stands there twice`)
  })
}
