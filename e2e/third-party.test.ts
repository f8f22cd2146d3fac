import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { spawnWatched } from '@sluice/harness'
import protobuf from 'protobufjs'
import { WebSocket } from 'ws'
import { type Installed, installPacked } from './support/packed.ts'

const key = 'third-party-admin-key'

/** A scheme and a plugin that know of Sluice only what is published, with a gateway that knows nothing of them. */
describe('packages of others', () => {
  let folder = ''
  let installed: Installed
  let urls: { readonly admin: string; readonly socket: string; readonly http: string }
  let stop: () => Promise<unknown> = async () => {}

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-packed-'))
    installed = await installPacked(folder)
  })
  after(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('are built and pass the contract kit in a folder that has the published packages only', async () => {
    await installed.addThirdParty('scheme-tail')
    await installed.addThirdParty('plugin-mask')
  })

  for (const kind of ['scheme', 'plugin']) {
    it(`are begun by \`npm create sluice-${kind}\`: a folder that passes its own test at once`, async () => {
      await installed.run(`create-sluice-${kind}`, ['of-mine'])
      await installed.test(join(installed.folder, `${kind}-of-mine`))
    })
  }

  it('are loaded by the packed gateway', async () => {
    const file = join(installed.folder, 'sluice.yaml')
    await writeFile(
      file,
      `apisix: { node_listen: "127.0.0.1:0" }
deployment: { admin: { admin_key: [{ key: ${key} }], admin_listen: { port: 0 } } }
status_listen: { port: 0 }
log: { format: json }
schemes:
  - { name: tail, package: "@acme/scheme-tail" }
  - { name: echo, package: "@sluice/scheme-echo" }
plugins:
  - { name: mask-fields, package: "@acme/plugin-mask" }
`,
    )
    const { stdout } = await installed.run('sluice', ['check-config', '--config', file])
    assert.match(stdout, /schemes +kafka, tail \(@acme\/scheme-tail\), echo \(@sluice\/scheme-echo\)\n/)
    assert.match(stdout, /plugins +kafka-proxy, key-auth, mask-fields \(@acme\/plugin-mask\)\n/)
    const child = spawnWatched(join(installed.folder, 'node_modules/.bin/sluice'), ['start', '--config', file], {})
    const exited = once(child, 'exit')
    stop = () => {
      child.kill('SIGTERM')
      return exited
    }
    assert.ok(child.stdout)
    for await (const line of createInterface(child.stdout)) {
      const { adminUrl, dataUrls, msg } = JSON.parse(line)
      if (msg !== 'ready') continue
      urls = { admin: adminUrl, http: dataUrls[0], socket: dataUrls[0].replace('http', 'ws') }
      break
    }
    child.stdout.resume()
    const mistyped = await put('1', { scheme: 'tail', tail: { fil: 'x' } })
    assert.equal(mistyped.status, 400)
    assert.match(await mistyped.text(), /additional properties forbidden, found fil/)
  })

  it('serve a protobuf client, and see its records', async () => {
    const log = join(folder, 'app.log')
    await writeFile(log, 'first\n{"user":"jack","password":"secret"}\n')
    const plugins = { 'mask-fields': {} }
    assert.equal((await put('1', { scheme: 'tail', tail: { file: log } }, plugins)).status, 201)
    const { root } = protobuf.loadSync(join(installed.folder, 'third-party/scheme-tail/tail.proto'))
    const [request, response] = [root.lookupType('PubSubReq'), root.lookupType('PubSubResp')]
    const socket = new WebSocket(`${urls.socket}/1`)
    await once(socket, 'open')
    const read = async (line: number): Promise<unknown> => {
      socket.send(request.encode(request.fromObject({ sequence: 7, cmdTailRead: { line } })).finish())
      const [data] = await once(socket, 'message')
      return response.toObject(response.decode(data), { longs: String })
    }
    assert.deepEqual(await read(0), {
      sequence: '7',
      tailReadResp: { lines: [{ text: 'first' }, { number: '1', text: '{"user":"jack","password":"***"}' }] },
    })
    await appendFile(log, 'third\n')
    assert.deepEqual(await read(2), { sequence: '7', tailReadResp: { lines: [{ number: '2', text: 'third' }] } })
    await rm(log)
    const refused = await read(0)
    assert.match(JSON.stringify(refused), /"code":2100,"message":"cannot read .*app\.log: ENOENT/)
    socket.close()
  })

  it('answer plain requests too', async () => {
    assert.equal((await put('2', { scheme: 'echo' })).status, 201)
    const response = await fetch(`${urls.http}/2?a=b`, { method: 'POST', body: 'hello' })
    const { body, query }: Record<string, unknown> = JSON.parse(await response.text())
    assert.deepEqual([response.status, body, query], [200, 'hello', [['a', 'b']]])
  })

  function put(id: string, upstream: object, plugins: object = {}): Promise<Response> {
    const route = { uri: `/${id}`, plugins, upstream: { type: 'none', nodes: { 'local:1': 1 }, ...upstream } }
    const url = `${urls.admin}/apisix/admin/routes/${id}`
    return fetch(url, { method: 'PUT', headers: { 'X-API-KEY': key }, body: JSON.stringify(route) })
  }
})
