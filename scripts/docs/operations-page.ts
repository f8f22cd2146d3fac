import { readText } from './markdown.ts'
import { examplesOf } from './marks.ts'

const page = 'docs/admin-api-operations.md'
const list = 'packages/admin-api/test/openapi/operations.txt'

/** Says which operations of the Admin API have no command on the page that has one for each. */
export function missingOperations(): string[] {
  const commands = examplesOf(page).flatMap(({ command }) => command.split('\n').flatMap(requestOf))
  return readText(list)
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [method = '', path = '', operation] = line.split(' ')
      const isThere = commands.some((each) => each.method === method && fits(path, each.path))
      return isThere ? [] : [`${page}: ${operation} (${method} ${path}) has no command`]
    })
}

function requestOf(command: string): { readonly method: string; readonly path: string }[] {
  const [, path] = /^curl .*?http:\/\/[^/]+(\/apisix\/admin[^\s'?]*)/.exec(command) ?? []
  const method = / -X (\w+)/.exec(command)?.[1] ?? (command.startsWith('curl -sI') ? 'HEAD' : 'GET')
  return path === undefined ? [] : [{ method, path }]
}

/** What is in braces stands for one segment; what stands there by name counts for itself alone. */
function fits(documented: string, path: string): boolean {
  const [expected, found] = [documented.split('/'), path.split('/')]
  return (
    expected.length === found.length && expected.every((each, index) => each.startsWith('{') || each === found[index])
  )
}
