/** Whether a value is for one text only or for every text that starts with its key. */
export type KeyKind = 'exact' | 'prefix'

/**
 * An immutable radix tree: values under exact keys and under prefixes, found in one walk over the text. `update` copies the
 * path to the key and shares the rest with the trie it was called on, which stays as it was.
 */
export class PrefixTrie<V> {
  readonly #root: TrieNode<V>

  private constructor(root: TrieNode<V>) {
    this.#root = root
  }

  static empty<V>(): PrefixTrie<V> {
    return new PrefixTrie<V>({ label: '', exact: undefined, prefix: undefined, heads: '', children: [] })
  }

  get isEmpty(): boolean {
    return isEmpty(this.#root)
  }

  /** A trie whose value at the key is what `change` makes of the present one; undefined stands for none, both ways. */
  update(key: string, kind: KeyKind, change: (value: V | undefined) => V | undefined): PrefixTrie<V> {
    return new PrefixTrie(update(this.#root, key, 0, kind, change))
  }

  /** Values whose keys fit the text, the most specific first: the exact one, then prefixes, the longest first. */
  find(text: string): V[] {
    const found: V[] = []
    let node: TrieNode<V> | undefined = this.#root
    for (let position = 0; node !== undefined; ) {
      if (node.prefix !== undefined) found.push(node.prefix)
      if (position === text.length) {
        if (node.exact !== undefined) found.push(node.exact)
        break
      }
      const child: TrieNode<V> | undefined = childOf(node, text, position)
      if (child === undefined || !text.startsWith(child.label, position)) break
      position += child.label.length
      node = child
    }
    return found.reverse()
  }
}

interface TrieNode<V> {
  /** The part of the keys between the parent and this node. */
  readonly label: string
  readonly exact: V | undefined
  readonly prefix: V | undefined
  /** First code units of the children's labels, in the order of the children. */
  readonly heads: string
  readonly children: readonly TrieNode<V>[]
}

function childOf<V>(node: TrieNode<V>, text: string, position: number): TrieNode<V> | undefined {
  const index = node.heads.indexOf(text.charAt(position))
  return index < 0 ? undefined : node.children[index]
}

function isEmpty<V>(node: TrieNode<V>): boolean {
  return node.exact === undefined && node.prefix === undefined && node.children.length === 0
}

function update<V>(
  node: TrieNode<V>,
  key: string,
  position: number,
  kind: KeyKind,
  change: (value: V | undefined) => V | undefined,
): TrieNode<V> {
  if (position === key.length) return { ...node, [kind]: change(node[kind]) }
  const index = node.heads.indexOf(key.charAt(position))
  const child = node.children[index] ?? leaf<V>(key.slice(position))
  const common = commonLength(child.label, key, position)
  const below = common === child.label.length ? child : split(child, common)
  return withChild(node, index, update(below, key, position + common, kind, change))
}

function leaf<V>(label: string): TrieNode<V> {
  return { label, exact: undefined, prefix: undefined, heads: '', children: [] }
}

function split<V>(node: TrieNode<V>, at: number): TrieNode<V> {
  const lower = { ...node, label: node.label.slice(at) }
  return { ...leaf<V>(node.label.slice(0, at)), heads: lower.label.charAt(0), children: [lower] }
}

function withChild<V>(node: TrieNode<V>, index: number, child: TrieNode<V>): TrieNode<V> {
  if (isEmpty(child)) {
    if (index < 0) return node
    const heads = node.heads.slice(0, index) + node.heads.slice(index + 1)
    return { ...node, heads, children: node.children.toSpliced(index, 1) }
  }
  const next = joined(child)
  if (index >= 0) return { ...node, children: node.children.with(index, next) }
  return { ...node, heads: node.heads + next.label.charAt(0), children: [...node.children, next] }
}

/** A node without values and with one child becomes one with that child. */
function joined<V>(node: TrieNode<V>): TrieNode<V> {
  const [only, second] = node.children
  if (node.exact !== undefined || node.prefix !== undefined || only === undefined || second !== undefined) return node
  return { ...only, label: node.label + only.label }
}

function commonLength(label: string, key: string, position: number): number {
  const limit = Math.min(label.length, key.length - position)
  let length = 0
  while (length < limit && label.charCodeAt(length) === key.charCodeAt(position + length)) length++
  return length
}
