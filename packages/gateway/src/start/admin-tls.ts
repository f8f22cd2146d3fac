import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { AdminTls } from '@sluice/admin-api'
import type { Log } from '@sluice/spi'
import type { AdminTlsFiles } from '../config/admin-tls-settings.ts'
import { AdminTlsUnusable } from '../errors.ts'

/** Certificates of the Admin API that follow their files. */
export interface FollowedTls {
  /** For the Admin API to be made with. */
  readonly tls: AdminTls
  /**
   * Reads the files again and gives what has changed to new connections; those that are open stay. Files that do not fit each
   * other leave everything as it is, and are logged once they have been so twice in a row: they are replaced one by one.
   */
  reload(): Promise<void>
}

type Pems = Pick<AdminTls, 'cert' | 'key' | 'clientCa'>

/**
 * Reads the certificates of the Admin API.
 *
 * @throws ADMIN_TLS_UNUSABLE
 */
export async function openAdminTls(files: AdminTlsFiles, log: Log): Promise<FollowedTls> {
  const servers: Pick<Server, 'setSecureContext'>[] = []
  let current = await readPems(files)
  let failures = 0
  return {
    tls: { ...current, onServer: (server) => servers.push(server) },
    async reload() {
      try {
        const found = await readPems(files)
        failures = 0
        if (isDeepStrictEqual(found, current)) return
        for (const server of servers) server.setSecureContext(contextOf(found))
        current = found
        log.info({ ...files }, 'the certificate of the Admin API has changed: new connections get it')
      } catch (error) {
        failures++
        if (failures === 2) log.error({ err: error }, 'the Admin API goes on with the certificate that it has')
      }
    },
  }
}

const reloadMs = 2000

/** Reads the files again every 2 seconds: by a link or a mount that is exchanged, no event tells of a change. */
export function followFiles({ reload }: Pick<FollowedTls, 'reload'>): () => void {
  let isReading = false
  const timer = setInterval(async () => {
    if (isReading) return
    isReading = true
    await reload()
    isReading = false
  }, reloadMs)
  return () => clearInterval(timer)
}

async function readPems({ certFile, keyFile, clientCaFile }: AdminTlsFiles): Promise<Pems> {
  const cert = await readText(certFile)
  const key = await readText(keyFile)
  const clientCa = clientCaFile === undefined ? undefined : await readText(clientCaFile)
  const pems = { cert, key, ...(clientCa !== undefined && { clientCa }) }
  checkUsable(`${certFile} with ${keyFile}`, () => createSecureContext({ cert, key }))
  // Of CAs OpenSSL takes what it understands, which would be nothing.
  if (clientCa !== undefined) checkUsable(String(clientCaFile), () => new X509Certificate(clientCa))
  return pems
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unusable(file, cause)
  }
}

function checkUsable(what: string, use: () => unknown): void {
  try {
    use()
  } catch (cause) {
    throw unusable(what, cause)
  }
}

function unusable(what: string, cause: unknown): Error {
  return new AdminTlsUnusable(what, cause instanceof Error ? cause.message : String(cause), { cause })
}

function contextOf({ cert, key, clientCa }: Pems): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa !== undefined && { ca: clientCa }) }
}
