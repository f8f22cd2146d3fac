import { type CallNode, selfTimes } from './cpu-profile.ts'

/** The functions in which most of the busy time was spent, as lines. */
export function renderSelfTimes(tree: CallNode, most = 15): string {
  const rows = selfTimes(tree)
    .slice(0, most)
    .map(({ name, share }) => `${(100 * share).toFixed(1).padStart(6)} %  ${name}`)
  return `${['share of the busy time in the function itself', ...rows].join('\n')}\n`
}
