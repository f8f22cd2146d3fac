import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CleanUp, repositoryRoot, startGateway } from '@sluice/harness'
import { usageOfProcess } from './process-time.ts'
import type { Usage } from './usage.ts'

/** Where results and profiles go. */
export const resultsDirectory = join(repositoryRoot, 'bench-results')

/** A number that the gateway counts, by the name of its metric; labels added up, 0 where there is none. */
export type Metric = (name: string) => Promise<number>

/** A gateway that was started for the benchmark, with a route to its brokers. */
export interface BenchGateway {
  /** Of the route. */
  readonly url: string
  usage(): Promise<Usage>
  readonly metric: Metric
  /** Makes another route, to brokers that are spoken to over TLS; their certificate is not looked at. */
  tlsRoute(brokers: string): Promise<string>
  /** Makes another route, for which answers are kept for others who read the same. */
  cacheRoute(): Promise<string>
  stop(): Promise<void>
}

/** How a gateway is started. */
interface GatewayOptions {
  /** Whether it writes a CPU profile when it ends; by default not. */
  readonly profile?: boolean
  /** 1 by default. */
  readonly workers?: number
}

/** Starts a gateway, which ends with the clean-up at the latest. */
export async function openGateway(
  brokers: string,
  { profile = false, workers = 1 }: GatewayOptions,
  cleanUp: CleanUp,
): Promise<BenchGateway> {
  const profileDirectory = join(resultsDirectory, 'profile')
  if (profile) await mkdir(profileDirectory, { recursive: true })
  const env = profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` } : {}
  const gateway = await startGateway({ logLevel: 'info', env, workers })
  let running = true
  const stop = async (): Promise<void> => {
    if (running) await gateway.stop()
    running = false
  }
  cleanUp.defer(stop)
  const put = async (id: string, upstream: object): Promise<string> => {
    const { status, body } = await gateway.admin('PUT', `/routes/${id}`, { uri: `/${id}`, upstream })
    if (status !== 201) throw new Error(`the route was answered with ${status} ${JSON.stringify(body)}`)
    return `${gateway.socketUrl}/${id}`
  }
  return {
    // A scan reads its topic again and again, which nobody does who reads a topic.
    url: await put('bench', { type: 'none', scheme: 'kafka', nodes: nodesOf(brokers), kafka: { cache_bytes: 0 } }),
    // Of several processes only the metrics are known, which are summed.
    usage: async () =>
      (workers === 1 ? await usageOfProcess(gateway.pid) : undefined) ?? {
        cpuSeconds: await gateway.metric('process_cpu_seconds_total'),
        residentBytes: await gateway.metric('process_resident_memory_bytes'),
      },
    metric: gateway.metric,
    tlsRoute: (secured) =>
      put('bench-tls', {
        type: 'none',
        scheme: 'kafka',
        nodes: nodesOf(secured),
        tls: {},
        kafka: { cache_bytes: 0 },
      }),
    cacheRoute: () => put('bench-cache', { type: 'none', scheme: 'kafka', nodes: nodesOf(brokers) }),
    stop,
  }
}

const nodesOf = (brokers: string): Readonly<Record<string, number>> =>
  Object.fromEntries(brokers.split(',').map((broker) => [broker, 1]))
