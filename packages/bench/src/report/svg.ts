/** One line of a bar chart: a median, and from where to where the repetitions went. */
export interface Bar {
  readonly label: string
  readonly min: number
  readonly value: number
  readonly max: number
  /** Written behind the bar. */
  readonly note: string
  readonly color: string
}

/** A mark across a bar, such as a target. */
export interface BarChart {
  readonly title: string
  readonly bars: readonly Bar[]
  /** Across all bars, at a value of the scale. */
  readonly line?: number
  /** The right end of the scale; by default the largest value. */
  readonly scaleEnd?: number
}

const [WIDTH, LABELS, NOTES, ROW, TOP] = [1040, 460, 160, 24, 44]
const SCALE = WIDTH - LABELS - NOTES

/** Horizontal bars as a picture that shows on light and dark pages, without script or font of its own. */
export function drawBars({ title, bars, line, scaleEnd }: BarChart): string {
  const end = scaleEnd ?? Math.max(...bars.map(({ max }) => max), line ?? 0)
  const x = (value: number): string => (LABELS + (SCALE * Math.min(value, end)) / end).toFixed(1)
  const height = TOP + ROW * bars.length + 12
  const rows = bars.map((bar, index) => drawBar(bar, TOP + ROW * index, x))
  const mark =
    line === undefined
      ? []
      : [
          `<line x1="${x(line)}" x2="${x(line)}" y1="${TOP - 6}" y2="${height - 10}" stroke="#c33" stroke-dasharray="4 3"/>`,
        ]
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="24" font-size="16" fill="#222">${escapeText(title)}</text>`,
    ...rows,
    ...mark,
    '</svg>',
  ].join('\n')}\n`
}

function drawBar({ label, min, value, max, note, color }: Bar, y: number, x: (value: number) => string): string {
  const middle = y + ROW / 2
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end" fill="#222">${escapeText(label)}</text>`,
    `<rect x="${LABELS}" y="${y + 4}" width="${(Number(x(value)) - LABELS).toFixed(1)}" height="${ROW - 8}" fill="${color}"/>`,
    `<line x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}" stroke="#222"/>`,
    `<text x="${LABELS + SCALE + 8}" y="${middle + 4}" fill="#222">${escapeText(note)}</text>`,
  ].join('\n')
}

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
