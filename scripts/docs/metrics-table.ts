import { globSync } from 'node:fs'
import { readText, root } from './markdown.ts'

// `metrics.counter('name', 'Help', { label, other: x })`, wherever it is registered.
const registration = /\b(counter|gauge|histogram)\(\s*'([a-z_]+)',\s*'([^']+)'(?:,\s*\{([^}]*)\})?/g

/** The Markdown table of the metrics that the sources register. */
export function metricsTable(): string {
  const rows = new Set<string>()
  for (const file of globSync('packages/*/src/**/*.ts', { cwd: root }).sort()) {
    for (const [, kind, name, help, labels = ''] of readText(file).matchAll(registration)) {
      const names = labels.split(',').map((label) => label.split(':')[0]?.trim() ?? '')
      const shown = names.filter((label) => label !== '').map((label) => `\`${label}\``)
      rows.add(`| \`sluice_${name}\` | ${kind} | ${shown.join(', ')} | ${help} |`)
    }
  }
  return ['| Metric | Kind | Labels | Meaning |', '| --- | --- | --- | --- |', ...[...rows].sort()].join('\n')
}
