/** What can be made. */
export const kinds = ['scheme', 'plugin'] as const

export type Kind = (typeof kinds)[number]

export function isKind(text: string): text is Kind {
  return kinds.some((kind) => kind === text)
}
