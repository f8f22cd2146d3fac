import { apiErrorCode } from '../../src/api-errors.ts'

/** A partition that a Fetch request names. */
export interface Named {
  readonly topicId: string
  readonly partition: number
}

/** What a Fetch request says of its session, and what it names. */
export interface SessionRequest<T extends Named> {
  readonly sessionId: number
  readonly epoch: number
  readonly named: readonly T[]
  readonly forgotten: readonly Named[]
}

/** The session that a request is of, if any, and all that it asks for. */
interface Entered<T extends Named> {
  readonly sessionId: number
  readonly asked: readonly T[]
  /** Whether a partition without records has anything to say: remembers what it said. */
  hasNews(partition: Named, highWatermark: bigint): boolean
}

interface Session<T> {
  epoch: number
  readonly partitions: Map<string, { asked: T; told: bigint | undefined }>
}

const keyOf = ({ topicId, partition }: Named): string => `${topicId} ${partition}`

/** The fetch sessions of a broker in memory, as KIP-227 has them; tests change its fields. */
export class FakeSessions<T extends Named> {
  /** Each request of a session, as `id/epoch +named -forgotten`. */
  readonly said: string[] = []
  /** Whether there is a place for another. */
  hasPlace = true
  readonly #sessions = new Map<number, Session<T>>()
  #last = 100

  get size(): number {
    return this.#sessions.size
  }

  /** Drops all, as a broker does that needs the places. */
  evict(): void {
    this.#sessions.clear()
  }

  /** Takes a request in; the error code where it has no place. */
  enter(request: SessionRequest<T>): Entered<T> | number {
    const { sessionId, epoch, named, forgotten } = request
    if (sessionId === 0 && epoch === -1) return { sessionId: 0, asked: named, hasNews: () => true }
    const list = (partitions: readonly Named[]): string => partitions.map(({ partition }) => partition).join(' ')
    this.said.push(`${sessionId}/${epoch} +[${list(named)}] -[${list(forgotten)}]`)
    if (epoch <= 0) this.#sessions.delete(sessionId)
    if (epoch === -1) return { sessionId: 0, asked: named, hasNews: () => true }
    if (epoch === 0 && !this.hasPlace) return { sessionId: 0, asked: named, hasNews: () => true }
    const id = epoch === 0 ? ++this.#last : sessionId
    if (epoch === 0) this.#sessions.set(id, { epoch: 0, partitions: new Map() })
    const session = this.#sessions.get(id)
    if (session === undefined) return apiErrorCode('FETCH_SESSION_ID_NOT_FOUND')
    if (session.epoch !== epoch) return apiErrorCode('INVALID_FETCH_SESSION_EPOCH')
    return { sessionId: id, ...advance(session, request) }
  }
}

function advance<T extends Named>(
  session: Session<T>,
  { epoch, named, forgotten }: SessionRequest<T>,
): Omit<Entered<T>, 'sessionId'> {
  const { partitions } = session
  session.epoch++
  for (const asked of named) partitions.set(keyOf(asked), { asked, told: partitions.get(keyOf(asked))?.told })
  for (const partition of forgotten) partitions.delete(keyOf(partition))
  return {
    asked: [...partitions.values()].map(({ asked }) => asked),
    hasNews(partition, highWatermark) {
      const known = partitions.get(keyOf(partition))
      if (known === undefined) throw new Error(`partition ${partition.partition} is not in the session`)
      const isNews = epoch === 0 || known.told !== highWatermark
      known.told = highWatermark
      return isNews
    },
  }
}
