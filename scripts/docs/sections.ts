import { readText } from './markdown.ts'

/** Parts of the pages that are made from sources, by their names. */
export type Renderers = Readonly<Record<string, () => string>>

const section = /<!-- generated: ([^\n]+?) -->\n([\s\S]*?)<!-- \/generated -->/g

/**
 * A page with its generated parts made anew.
 *
 * @throws Error where a part has a name that nothing renders
 */
export function renderSections(markdown: string, renderers: Renderers): string {
  return markdown.replaceAll(section, (_, name: string) => {
    const text = name.startsWith('file ') ? renderFile(name.slice('file '.length)) : renderers[name]?.()
    if (text === undefined) throw new Error(`nothing renders the part ${name}`)
    return `<!-- generated: ${name} -->\n\n${text.trim()}\n\n<!-- /generated -->`
  })
}

/** A page whose generated parts are empty lines. */
export function withoutSections(markdown: string): string {
  return markdown.replaceAll(section, (part) => part.replaceAll(/[^\n]/g, ''))
}

/** Names of the generated parts of a page. */
export function sectionNames(markdown: string): string[] {
  return [...markdown.matchAll(section)].map(([, name = '']) => name)
}

function renderFile(path: string): string {
  const language = path.split('.').at(-1) ?? ''
  return `\`\`\`${language}\n${readText(path).trim()}\n\`\`\``
}
