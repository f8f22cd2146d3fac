import { readFileSync } from 'node:fs'

/** One step of a golden file: a request and the answer it must get, or a wait. */
export type Step =
  | { readonly kind: 'wait'; readonly line: number; readonly ms: number }
  | {
      readonly kind: 'exchange'
      readonly line: number
      readonly method: string
      readonly url: string
      /** Whose key is sent. */
      readonly as: string
      readonly body: string
      readonly status: number
      /** A JSON value, or a text that is no JSON. */
      readonly answer: string
    }

interface Block {
  readonly line: number
  readonly head: string
  readonly rest: string
}

/**
 * Reads a golden file: `> METHOD /path [@viewer]` with the body below, then `< status body`, where the body may go on below;
 * `~ 1000` lets milliseconds pass; lines that start with `#` are comments. Paths are those below `/apisix/admin`, unless
 * they start with two slashes. `{{name}}` stands for a value of the fixtures.
 */
export function readGolden(file: URL, fixtures: Readonly<Record<string, string>>): Step[] {
  const text = readFileSync(file, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name) => fixtures[name] ?? `no fixture ${name}`)
  const steps: Step[] = []
  let request: Block | undefined
  for (const block of blocksOf(text)) {
    if (block.head.startsWith('>')) request = block
    else if (block.head.startsWith('~')) steps.push({ kind: 'wait', line: block.line, ms: Number(block.head.slice(1)) })
    else if (request !== undefined) steps.push(exchange(request, block))
  }
  return steps
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n').map((content, i) => ({ content, line: i + 1 }))
  for (const { content, line } of lines.filter(({ content }) => !content.startsWith('#'))) {
    const last = blocks.at(-1)
    if (/^[<>~] /.test(content)) blocks.push({ line, head: content, rest: '' })
    else if (last !== undefined) blocks.splice(-1, 1, { ...last, rest: `${last.rest}${content}\n` })
  }
  return blocks
}

function exchange(request: Block, answer: Block): Step {
  const [, method = '', path = '', as = 'admin'] = /^> (\S+) (\S+)(?: @(\S+))?$/.exec(request.head) ?? []
  const [, status, inline = ''] = /^< (\d+) ?(.*)$/.exec(answer.head) ?? []
  if (method === '' || status === undefined) throw new Error(`line ${request.line} is neither a request nor an answer`)
  return {
    kind: 'exchange',
    line: request.line,
    method,
    url: path.startsWith('//') ? path.slice(1) : `/apisix/admin${path}`,
    as,
    body: request.rest.trim(),
    status: Number(status),
    answer: `${inline}${answer.rest}`.trim(),
  }
}
