/** One line of a bar chart: a median, and from where to where the repetitions went. */
export interface Bar {
  /** What it belongs to: bars of one group stand below its name. */
  readonly group: string
  readonly label: string
  readonly min: number
  readonly value: number
  readonly max: number
  /** Written behind the bar. */
  readonly note: string
  readonly color: string
}

export interface BarChart {
  readonly title: string
  readonly bars: readonly Bar[]
  /** A mark across all bars, at a value of the scale. */
  readonly line?: { readonly at: number; readonly what: string }
  /** The right end of the scale; by default the largest value. */
  readonly scaleEnd?: number
  /** What the colors mean. */
  readonly legend?: readonly { readonly color: string; readonly what: string }[]
}

// Labels are cut where the widest usual sans-serif has no more room for them.
const [WIDTH, LABELS, NOTES, ROW, TOP, MOST_LETTERS] = [960, 330, 170, 22, 76, 40]
const SCALE = WIDTH - LABELS - NOTES
const [INK, FAINT, MARK] = ['#222', '#ddd', '#c33']
const LETTER = 8

/** Horizontal bars as a picture that shows on light and dark pages, without script or font of its own. */
export function drawBars({ title, bars, line, scaleEnd, legend = [] }: BarChart): string {
  const end = scaleEnd ?? Math.max(...bars.map(({ max }) => max), line?.at ?? 0)
  const x = (value: number): string => (LABELS + (SCALE * Math.min(value, end)) / end).toFixed(1)
  const rows: string[] = []
  let y = TOP
  let group: string | undefined
  for (const bar of bars) {
    if (bar.group !== group) {
      rows.push(`<text x="12" y="${y + 17}" font-weight="bold" fill="${INK}">${escapeText(bar.group)}</text>`)
      group = bar.group
      y += ROW
    }
    rows.push(drawBar(bar, y, x, end))
    y += ROW
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${y + 12}" fill="#fff"/>`,
    `<text x="12" y="24" font-size="16" fill="${INK}">${escapeText(title)}</text>`,
    drawLegend(legend),
    ...ticks(end)
      .filter((value) => value !== line?.at)
      .map((value) => drawUpright(x(value), y, `${value}`, FAINT, INK)),
    ...rows,
    ...(line === undefined ? [] : [drawUpright(x(line.at), y, line.what, MARK, MARK, ' stroke-dasharray="4 3"')]),
    '</svg>',
  ].join('\n')}\n`
}

function drawBar(
  { label, min, value, max, note, color }: Bar,
  y: number,
  x: (value: number) => string,
  end: number,
): string {
  const middle = y + ROW / 2
  // What goes beyond the scale says so.
  const more = value > end ? `<text x="${LABELS + SCALE - 14}" y="${middle + 4}" fill="#fff">»</text>` : ''
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end" fill="${INK}">${escapeText(shortened(label))}</text>`,
    `<rect x="${LABELS}" y="${y + 3}" width="${(Number(x(value)) - LABELS).toFixed(1)}" height="${ROW - 6}" fill="${color}"/>`,
    `<line x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}" stroke="${INK}"/>${more}`,
    `<text x="${LABELS + SCALE + 12}" y="${middle + 4}" fill="${INK}">${escapeText(note)}</text>`,
  ].join('\n')
}

function drawUpright(x: string, bottom: number, what: string, color: string, ink: string, dashes = ''): string {
  return (
    `<line x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${bottom}" stroke="${color}"${dashes}/>` +
    `<text x="${x}" y="${TOP - 10}" text-anchor="middle" font-size="11" fill="${ink}">${escapeText(what)}</text>`
  )
}

function drawLegend(legend: readonly { readonly color: string; readonly what: string }[]): string {
  let x = 12
  const parts: string[] = []
  for (const { color, what } of legend) {
    parts.push(`<rect x="${x}" y="38" width="12" height="12" fill="${color}"/>`)
    parts.push(`<text x="${x + 17}" y="49" fill="${INK}">${escapeText(what)}</text>`)
    x += 40 + LETTER * what.length
  }
  parts.push(`<line x1="${x}" x2="${x + 22}" y1="44" y2="44" stroke="${INK}"/>`)
  parts.push(`<text x="${x + 28}" y="49" fill="${INK}">least to largest of the repetitions</text>`)
  return parts.join('')
}

/** Up to six round values from 0 to the end of a scale. */
function ticks(end: number): number[] {
  const power = 10 ** Math.floor(Math.log10(end))
  const step = [0.2, 0.5, 1, 2].map((each) => each * power).find((each) => end / each <= 6) ?? end
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

const shortened = (label: string): string =>
  label.length > MOST_LETTERS ? `${label.slice(0, MOST_LETTERS - 1)}…` : label

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
