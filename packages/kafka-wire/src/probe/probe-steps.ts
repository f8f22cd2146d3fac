import type { DialPhase } from '../dial.ts'
import type { KafkaError } from '../errors.ts'
import type { TlsFacts } from './certificate-facts.ts'

/** What is tried of a broker, in this order: from the name to the topic. */
export type ProbeStepName = DialPhase | 'api_versions' | 'sasl' | 'topic'

/** What a step found out, also where it failed; each fact is there only when it is known. */
export interface ProbeFacts {
  /** `dns`: those that are connected to. */
  readonly addresses?: readonly string[]
  /** `tls` */
  readonly tls?: TlsFacts
  /** `api_versions`: the version that is spoken of each API, by its name. */
  readonly versions?: Readonly<Record<string, number>>
  /** `sasl`: that of the credentials; absent without any. */
  readonly mechanism?: string
  /** `sasl`: mechanisms that the listener has enabled; none where it takes no SASL. */
  readonly mechanisms?: readonly string[]
  /** `topic` */
  readonly topic?: string
  readonly partitions?: number
}

/** One step. */
export interface ProbeStep {
  readonly step: ProbeStepName
  /** How long it took, in milliseconds. */
  readonly ms: number
  /** Why it failed, after which there is no other step. */
  readonly error?: KafkaError
  readonly facts: ProbeFacts
}

/** Takes what a step has found out, before it may fail. */
export type Learn = (facts: ProbeFacts) => void

/** Notes steps as they end; each begins where the one before ended. */
export class ProbeSteps {
  readonly done: ProbeStep[] = []
  #startedAt = performance.now()

  end(step: ProbeStepName, facts: ProbeFacts = {}, error?: KafkaError): void {
    const now = performance.now()
    this.done.push({ step, ms: now - this.#startedAt, facts, ...(error && { error }) })
    this.#startedAt = now
  }
}
