import { apiErrorCode } from './api-errors.ts'
import type { PartitionQuestion, SessionStep } from './messages/fetch-question.ts'

const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const LAST_EPOCH = 0x7fffffff

/** The broker has dropped the session, is at another step of it, or knows it by names of topics. */
const SESSION_ERRORS: ReadonlySet<number> = new Set([
  apiErrorCode('FETCH_SESSION_ID_NOT_FOUND'),
  apiErrorCode('INVALID_FETCH_SESSION_EPOCH'),
  apiErrorCode('FETCH_SESSION_TOPIC_ID_ERROR'),
])

const nothing: ReadonlySet<PartitionQuestion> = new Set()

/**
 * A fetch session, in which the broker remembers what it is asked for: a request names only what is not as it was in the
 * one before, and an answer only what has something to say. Questions are known by identity, so that one that was asked
 * must not be changed. A session belongs to one connection, on which its requests follow each other. KIP-227.
 */
export class FetchSession {
  /** 0 while there is none. */
  #id = 0
  #epoch = INITIAL_EPOCH
  /** What the broker remembers. */
  #asked = nothing

  /** Whether the broker remembers anything. */
  get isOpen(): boolean {
    return this.#id !== 0
  }

  /** What a request says to ask for these, which have topic ids; the one before must be answered, or is taken as lost. */
  ask(questions: readonly PartitionQuestion[]): SessionStep {
    const [id, epoch, before] = [this.#id, this.#epoch, this.#asked]
    const asked = new Set(questions)
    const named = questions.filter((question) => !before.has(question))
    const forgotten = withoutThose(named, before.difference(asked))
    // Without a good answer nobody knows what the broker remembers; it is asked to begin anew then.
    this.#epoch = INITIAL_EPOCH
    this.#asked = nothing
    return {
      id,
      epoch,
      named,
      forgotten,
      answered: (errorCode, sessionId) => {
        const isOver = SESSION_ERRORS.has(errorCode)
        if (isOver) this.#id = 0
        if (errorCode !== 0) return isOver
        this.#id = sessionId
        if (sessionId !== 0) {
          this.#epoch = epoch === LAST_EPOCH ? 1 : epoch + 1
          this.#asked = asked
        }
        return true
      },
    }
  }

  /** What a request says that has the broker forget all. */
  end(): SessionStep {
    const id = this.#id
    this.#id = 0
    this.#epoch = INITIAL_EPOCH
    this.#asked = nothing
    return { id, epoch: FINAL_EPOCH, named: [], forgotten: [], answered: () => true }
  }
}

/** The broker takes what is named before it forgets, so that a partition asked otherwise must not be forgotten. */
function withoutThose(
  named: readonly PartitionQuestion[],
  gone: ReadonlySet<PartitionQuestion>,
): readonly PartitionQuestion[] {
  if (gone.size === 0) return []
  const names = new Set(named.map(nameOf))
  return [...gone].filter((question) => !names.has(nameOf(question)))
}

const nameOf = ({ partition, topicId }: PartitionQuestion): string => `${partition} ${topicId}`
