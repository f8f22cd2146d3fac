import { type KafkaError, type ProbeFacts, type ProbeStep, probeBroker, type TlsFacts } from '@sluice/kafka-wire'
import type { NodeTest, TestFact, TestStep, UpstreamTest } from '@sluice/spi'
import { defaultPort } from './client.ts'
import { kafkaAccess } from './context.ts'
import { apiErrors } from './errors.ts'
import { saslOptions } from './sasl.ts'
import { tlsOptions } from './tls.ts'

/** Tries every broker of an upstream at once: name, TCP, TLS, ApiVersions, SASL and, where there is one, the topic. */
export async function testUpstream(test: UpstreamTest): Promise<readonly NodeTest[]> {
  const { upstream, values, topic, timeoutMs, dial, log, metrics } = test
  const access = values.get(kafkaAccess)
  const tls = upstream.tls && tlsOptions(upstream.tls, access)
  const sasl = access?.sasl && saslOptions(access.sasl, { log, metrics, timeoutMs })
  try {
    return await Promise.all(
      upstream.nodes.map(async ({ host, port = defaultPort }) => {
        const steps = await probeBroker({ host, port }, { dial, tls, sasl, topic, timeoutMs })
        return { node: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, steps: steps.map(shownStep) }
      }),
    )
  } finally {
    if (sasl?.mechanism === 'OAUTHBEARER') sasl.tokens.close()
  }
}

function shownStep({ step, ms, error, facts }: ProbeStep): TestStep {
  return {
    step,
    ms,
    facts: shownFacts(facts),
    ...(error && { error: { code: codeOf(error), message: error.message } }),
  }
}

/** As answers to commands have it: a code of the Kafka protocol by its name. */
function codeOf({ code, apiError = '' }: KafkaError): string {
  return code === 'KAFKA_API_ERROR' ? (apiErrors.get(apiError)?.code ?? code) : code
}

function shownFacts({ tls, ...facts }: ProbeFacts): Readonly<Record<string, TestFact>> {
  return { ...facts, ...(tls && shownTls(tls)) }
}

function shownTls({ protocol, trusted, certificate }: TlsFacts): Readonly<Record<string, TestFact>> {
  return {
    ...(protocol !== undefined && { protocol }),
    trusted,
    ...(certificate && {
      certificate: {
        subject: certificate.subject,
        issuer: certificate.issuer,
        ...(certificate.names !== undefined && { names: certificate.names }),
        valid_from: certificate.validFrom.toISOString(),
        valid_to: certificate.validTo.toISOString(),
      },
    }),
  }
}
