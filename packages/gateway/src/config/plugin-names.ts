import { nearest } from '@sluice/spi'

/** Reports every name in `plugins` of the configuration that is not among the installed plugins. */
export function checkPluginNames(
  entries: readonly (string | object)[],
  installed: readonly string[],
  report: (path: string, text: string) => void,
): void {
  for (const [index, name] of entries.entries()) {
    if (typeof name !== 'string' || installed.includes(name)) continue
    const suggestion = nearest(name, installed)
    const remedy =
      suggestion === undefined ? `remove it; there is ${installed.join(', ')}` : `did you mean ${suggestion}?`
    report(`plugins[${index}]`, `no plugin ${name} is installed; ${remedy}`)
  }
}
