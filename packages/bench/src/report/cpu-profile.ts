/** A CPU profile as Node writes it with `--cpu-prof`: what the DevTools protocol calls `Profiler.Profile`. */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[]
  /** Ids of the nodes that were running, one for each sample. */
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

interface CpuProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** A function on the way from the program's start, with the time in it. */
export interface CallNode {
  /** Name and file, as in `send (server/src/ws-message-socket.ts)`. */
  readonly name: string
  /** Microseconds in the function itself. */
  readonly self: number
  /** Microseconds in it and in what it called. */
  readonly total: number
  /** Longest first. */
  readonly children: readonly CallNode[]
}

/** Where nothing was done. */
const IDLE = '(idle)'

/**
 * The calls of a profile, without the time in which the process waited for something to do.
 *
 * @throws {RangeError} when there is no node
 */
export function callTree({ nodes, samples, timeDeltas }: CpuProfile): CallNode {
  const selfOf = new Map<number, number>()
  for (const [index, id] of samples.entries()) selfOf.set(id, (selfOf.get(id) ?? 0) + (timeDeltas[index] ?? 0))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const [root] = nodes
  if (root === undefined) throw new RangeError('the profile has no nodes')
  return build([root])

  /** One node for several that are called alike from one place: V8 tells versions of a function apart. */
  function build(alike: readonly CpuProfileNode[]): CallNode {
    const [first] = alike
    const groups = new Map<string, CpuProfileNode[]>()
    for (const id of alike.flatMap(({ children = [] }) => children)) {
      const child = byId.get(id)
      if (child === undefined || child.callFrame.functionName === IDLE) continue
      const name = nameOf(child)
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [child])
      else group.push(child)
    }
    const children = [...groups.values()].map(build).sort((one, other) => other.total - one.total)
    const self = alike.reduce((sum, { id }) => sum + (selfOf.get(id) ?? 0), 0)
    const total = children.reduce((sum, child) => sum + child.total, self)
    return { name: first === undefined ? '' : nameOf(first), self, total, children }
  }
}

/** Share of the busy time in each function itself, wherever it was called from; largest first. */
export function selfTimes(tree: CallNode): readonly { readonly name: string; readonly share: number }[] {
  const sums = new Map<string, number>()
  const visit = ({ name, self, children }: CallNode): void => {
    sums.set(name, (sums.get(name) ?? 0) + self)
    for (const child of children) visit(child)
  }
  visit(tree)
  return Array.from(sums, ([name, self]) => ({ name, share: self / tree.total })).sort(
    (one, other) => other.share - one.share,
  )
}

function nameOf({ callFrame: { functionName, url } }: CpuProfileNode): string {
  const name = functionName || '(anonymous)'
  const file = shortened(url)
  return file === '' ? name : `${name} (${file})`
}

/** The path within the package, so that a profile says nothing of the machine. */
function shortened(url: string): string {
  const [, inPackages] = /\/packages\/([^?]*)$/.exec(url) ?? []
  const [, inModules] = /.*\/node_modules\/([^?]*)$/.exec(url) ?? []
  return inModules ?? inPackages ?? (url.startsWith('node:') ? url : (url.split('/').at(-1) ?? ''))
}
