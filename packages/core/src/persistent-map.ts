/**
 * An immutable map with string keys: a hash array mapped trie (Bagwell, "Ideal Hash Trees"). `with` and `without` copy the
 * path to the key and share the rest with the map they were called on, which stays as it was.
 */
export class PersistentMap<V> {
  readonly #root: Branch<V>
  readonly size: number

  private constructor(root: Branch<V>, size: number) {
    this.#root = root
    this.size = size
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>({ kind: 'branch', bitmap: 0, children: [] }, 0)
  }

  get(key: string): V | undefined {
    return find(this.#root, hash(key), key)?.value
  }

  has(key: string): boolean {
    return find(this.#root, hash(key), key) !== undefined
  }

  /** A map that has the value under the key; this one where it has it already. */
  with(key: string, value: V): PersistentMap<V> {
    const keyHash = hash(key)
    const old = find(this.#root, keyHash, key)
    if (old !== undefined && old.value === value) return this
    const root = insert(this.#root, { kind: 'leaf', hash: keyHash, key, value }, 0)
    return new PersistentMap(root, old === undefined ? this.size + 1 : this.size)
  }

  /** A map that lacks the key; this one where it does already. */
  without(key: string): PersistentMap<V> {
    const keyHash = hash(key)
    if (find(this.#root, keyHash, key) === undefined) return this
    const rest = remove(this.#root, keyHash, key, 0)
    const root: Branch<V> = rest?.kind === 'branch' ? rest : wrap(rest)
    return new PersistentMap(root, this.size - 1)
  }

  /** Keys and values in an order of no meaning. */
  *entries(): Generator<[key: string, value: V]> {
    for (const leaf of leaves(this.#root)) yield [leaf.key, leaf.value]
  }

  /** Keys whose values differ (by identity) between the maps, or that one of them lacks; at the cost of the difference. */
  static *differences<V>(a: PersistentMap<V>, b: PersistentMap<V>): Generator<string> {
    yield* differing(a.#root, b.#root)
  }
}

interface Leaf<V> {
  readonly kind: 'leaf'
  readonly hash: number
  readonly key: string
  readonly value: V
}

/** Leaves whose whole hash is the same. */
interface Collision<V> {
  readonly kind: 'collision'
  readonly hash: number
  readonly leaves: readonly Leaf<V>[]
}

/** Up to 32 children, one for each value of 5 bits of the hash; the bitmap says which are there. */
interface Branch<V> {
  readonly kind: 'branch'
  readonly bitmap: number
  readonly children: readonly Node<V>[]
}

type Node<V> = Leaf<V> | Collision<V> | Branch<V>

const bitsPerLevel = 5

/** FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3, so that every bit depends on every unit. */
function hash(key: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function bitOf(keyHash: number, shift: number): number {
  return 1 << ((keyHash >>> shift) & 31)
}

/** Number of children that stand before the one of this bit. */
function indexOf(bitmap: number, bit: number): number {
  let n = bitmap & (bit - 1)
  n -= (n >>> 1) & 0x55555555
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function find<V>(root: Branch<V>, keyHash: number, key: string): Leaf<V> | undefined {
  let node: Node<V> | undefined = root
  for (let shift = 0; node?.kind === 'branch'; shift += bitsPerLevel) {
    const bit = bitOf(keyHash, shift)
    node = (node.bitmap & bit) === 0 ? undefined : node.children[indexOf(node.bitmap, bit)]
  }
  if (node?.kind === 'collision') return node.leaves.find((leaf) => leaf.key === key)
  return node?.key === key ? node : undefined
}

function insert<V>(branch: Branch<V>, leaf: Leaf<V>, shift: number): Branch<V> {
  const bit = bitOf(leaf.hash, shift)
  const index = indexOf(branch.bitmap, bit)
  if ((branch.bitmap & bit) === 0) {
    return { kind: 'branch', bitmap: branch.bitmap | bit, children: branch.children.toSpliced(index, 0, leaf) }
  }
  const child = branch.children[index]
  const next = child === undefined ? leaf : insertInto(child, leaf, shift + bitsPerLevel)
  return { kind: 'branch', bitmap: branch.bitmap, children: branch.children.with(index, next) }
}

function insertInto<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (node.kind === 'branch') return insert(node, leaf, shift)
  if (node.kind === 'leaf' && node.key === leaf.key) return leaf
  if (node.hash !== leaf.hash) {
    const bit = bitOf(node.hash, shift)
    return insert({ kind: 'branch', bitmap: bit, children: [node] }, leaf, shift)
  }
  const others = node.kind === 'leaf' ? [node] : node.leaves.filter((other) => other.key !== leaf.key)
  return { kind: 'collision', hash: leaf.hash, leaves: [...others, leaf] }
}

function remove<V>(node: Node<V>, keyHash: number, key: string, shift: number): Node<V> | undefined {
  if (node.kind === 'leaf') return undefined
  if (node.kind === 'collision') {
    const rest = node.leaves.filter((leaf) => leaf.key !== key)
    return rest.length === 1 ? rest[0] : { kind: 'collision', hash: node.hash, leaves: rest }
  }
  const bit = bitOf(keyHash, shift)
  const index = indexOf(node.bitmap, bit)
  const child = node.children[index]
  const next = child && remove(child, keyHash, key, shift + bitsPerLevel)
  if (next !== undefined) return collapse({ ...node, children: node.children.with(index, next) })
  return collapse({ ...node, bitmap: node.bitmap & ~bit, children: node.children.toSpliced(index, 1) })
}

/** A branch that leads to one leaf only is replaced by it, so that equal maps have equal shapes. */
function collapse<V>(branch: Branch<V>): Node<V> | undefined {
  const [only, second] = branch.children
  if (only === undefined) return undefined
  return second === undefined && only.kind !== 'branch' ? only : branch
}

/** The root is always a branch. */
function wrap<V>(node: Leaf<V> | Collision<V> | undefined): Branch<V> {
  if (node === undefined) return { kind: 'branch', bitmap: 0, children: [] }
  return { kind: 'branch', bitmap: bitOf(node.hash, 0), children: [node] }
}

function* leaves<V>(node: Node<V> | undefined): Generator<Leaf<V>> {
  if (node === undefined) return
  if (node.kind === 'leaf') yield node
  else for (const child of node.kind === 'branch' ? node.children : node.leaves) yield* leaves(child)
}

function* differing<V>(a: Node<V> | undefined, b: Node<V> | undefined): Generator<string> {
  if (a === b) return
  if (a?.kind === 'branch' && b?.kind === 'branch') {
    for (let bits = a.bitmap | b.bitmap; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      yield* differing(childAt(a, bit), childAt(b, bit))
    }
    return
  }
  const before = new Map(Array.from(leaves(a), (leaf) => [leaf.key, leaf.value]))
  for (const { key, value } of leaves(b)) {
    if (!before.has(key) || before.get(key) !== value) yield key
    before.delete(key)
  }
  yield* before.keys()
}

function childAt<V>(branch: Branch<V>, bit: number): Node<V> | undefined {
  return (branch.bitmap & bit) === 0 ? undefined : branch.children[indexOf(branch.bitmap, bit)]
}
