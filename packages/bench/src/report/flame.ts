import type { CallNode } from './cpu-profile.ts'
import { escapeText } from './svg.ts'

const [WIDTH, ROW, TOP, MARGIN] = [1200, 18, 40, 8]
// Narrower calls could hardly be seen, and deeper ones are told by their callers: Node calls itself a hundred deep.
const LEAST_SHARE = 0.006
const MOST_DEPTH = 52
// Wide enough for a letter, about.
const LETTER = 6.4

const colors = [
  { of: /\(node:|\(internal/, color: '#8bb6dc', what: "Node's own code" },
  { of: /src\//, color: '#8ecfae', what: 'Sluice' },
  { of: /\(garbage collector\)|\(program\)/, color: '#e0a58a', what: 'V8 itself' },
] as const
const otherColor = '#d9cf8f'

/**
 * A flame graph: each box is a function, as wide as its share of the busy time, below the one that called it. Name and
 * shares are the title of a box, which browsers show; there is no script.
 */
export function drawFlame(title: string, tree: CallNode): string {
  const boxes: string[] = []
  let deepest = 0
  const draw = (node: CallNode, x: number, depth: number): void => {
    const width = (node.total / tree.total) * (WIDTH - 2 * MARGIN)
    if (node.total / tree.total < LEAST_SHARE || depth > MOST_DEPTH) return
    deepest = Math.max(deepest, depth)
    boxes.push(drawBox(node, tree.total, x, TOP + depth * ROW, width))
    let at = x
    for (const child of node.children) {
      draw(child, at, depth + 1)
      at += (child.total / tree.total) * (WIDTH - 2 * MARGIN)
    }
  }
  draw({ ...tree, name: 'all that the process did' }, MARGIN, 0)
  const legendAt = TOP + (deepest + 1) * ROW + 20
  const height = legendAt + 14
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN}" y="24" font-size="16" fill="#222">${escapeText(title)}</text>`,
    ...boxes,
    drawLegend(legendAt),
    '</svg>',
  ].join('\n')}\n`
}

function drawBox({ name, self, total }: CallNode, all: number, x: number, y: number, width: number): string {
  const letters = Math.floor((width - 4) / LETTER)
  const label = letters < 3 ? '' : name.length <= letters ? name : `${name.slice(0, letters - 1)}…`
  const title = `${name}: ${percent(total / all)} in all, ${percent(self / all)} itself`
  const text =
    label === '' ? '' : `<text x="${(x + 3).toFixed(1)}" y="${y + 13}" fill="#222">${escapeText(label)}</text>`
  return (
    `<g><title>${escapeText(title)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" ` +
    `height="${ROW - 1}" fill="${colorOf(name)}"/>${text}</g>`
  )
}

const colorOf = (name: string): string => colors.find(({ of }) => of.test(name))?.color ?? otherColor

function drawLegend(y: number): string {
  return [...colors, { color: otherColor, what: 'native code and libraries' }]
    .map(
      ({ color, what }, index) =>
        `<rect x="${MARGIN + index * 190}" y="${y - 10}" width="12" height="12" fill="${color}"/>` +
        `<text x="${MARGIN + 17 + index * 190}" y="${y}" fill="#222">${what}</text>`,
    )
    .join('\n')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
