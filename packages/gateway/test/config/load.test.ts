import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig, readConfig } from '../../src/config/load.ts'

const environment = {
  PORT: '9999',
  ON: 'true',
  LEVEL: 'debug',
  TEXT: 'loud',
  KEY: '0123456789abcdef0',
  NUMERIC: '12345678901234567',
}

function read(text: string, installedPlugins?: readonly string[]) {
  const surroundings = { environment, ...(installedPlugins !== undefined && { installedPlugins }) }
  return readConfig({ text, name: 'sluice.yaml', folder: '/etc/sluice' }, surroundings)
}

function problemsOf(text: string, installedPlugins?: readonly string[]): string[] {
  try {
    read(text, installedPlugins)
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error)
    assert.equal(error.code, 'CONFIG_INVALID')
    return error.message.split('\n')
  }
  assert.fail(`accepted: ${text}`)
}

test('an empty file has every default', () => {
  const { settings, warnings } = read('')
  assert.deepEqual(settings, {
    serves: { clients: true, admin: true },
    dataListen: [{ host: '0.0.0.0', port: 9080 }],
    admin: {
      listen: { host: '127.0.0.1', port: 9180 },
      keys: [],
      allow: ['127.0.0.0/24', '::1'],
      allowedHosts: ['localhost', '127.0.0.1', '::1'],
      corsOrigins: [],
      maskSecrets: false,
    },
    statusListen: { host: '127.0.0.1', port: 9091 },
    dataDir: '/etc/sluice/sluice-data',
    store: { kind: 'embedded' },
    packages: [],
    log: { level: 'info', format: 'auto' },
    workers: 1,
    limits: { commandsInFlight: 16, outputQueueBytes: 1048576, stallMs: 10_000, messageBytes: 65_536 },
    pluginMs: 10_000,
    pingMs: 30_000,
    secretsRefreshMs: 60_000,
    keyring: [],
    drainMs: 30_000,
    egress: { allow: [], requireVerify: false },
  })
  assert.deepEqual(warnings, [])
})

test('a role of the cluster serves clients or the Admin API, from etcd', () => {
  const roleOf = (role: string) =>
    read(`deployment:\n  role: ${role}\n  etcd: { host: ["http://127.0.0.1:2379"] }`).settings
  const [control, data] = [roleOf('control_plane'), roleOf('data_plane')]
  assert.deepEqual([control.serves, control.store.kind], [{ clients: false, admin: true }, 'etcd'])
  assert.deepEqual([data.serves, data.store.kind], [{ clients: true, admin: false }, 'etcd'])
})

const etcd = (lines: string) => `deployment:
  role: traditional
  role_traditional: { config_provider: etcd }
  etcd:
${lines}`

test('etcd is configured as in APISIX', () => {
  const { store } = read(etcd('    host: ["http://127.0.0.1:2379"]')).settings
  const hosts = ['http://127.0.0.1:2379']
  assert.deepEqual(store, { kind: 'etcd', hosts, prefix: '/apisix', timeoutMs: 10_000, tls: { verify: true } })
  const lines = `
    host: ["https://etcd-1:2379", "https://etcd-2:2379"]
    prefix: /sluice
    timeout: 2.5
    user: gateway
    password: "\${{KEY}}"
    tls: { ca: ca.pem, cert: /tls/client.pem, key: ./client.key, sni: etcd.example, verify: false }`
  assert.deepEqual(read(etcd(lines)).settings.store, {
    kind: 'etcd',
    hosts: ['https://etcd-1:2379', 'https://etcd-2:2379'],
    prefix: '/sluice',
    timeoutMs: 2500,
    user: 'gateway',
    password: '0123456789abcdef0',
    tls: {
      verify: false,
      caFile: '/etc/sluice/ca.pem',
      certFile: '/tls/client.pem',
      keyFile: '/etc/sluice/client.key',
      sni: 'etcd.example',
    },
  })
})

for (const [lines, problem] of [
  ['    host: ["127.0.0.1:2379"]', 'host[0]: expected scheme, host and port, such as http://127.0.0.1:2379'],
  ['    host: ["http://me:pw@h:1"]', 'host[0]: expected scheme, host and port, such as http://127.0.0.1:2379'],
  ['    prefix: apisix', 'prefix: does not begin with a slash; write /apisix or the like'],
  ['    user: me', 'user: has no password; set deployment.etcd.password as well, or remove it'],
  ['    password: pw', 'password: has no user; set deployment.etcd.user as well, or remove it'],
  ['    tls: { cert: a.pem }', 'tls.cert: has no key; set deployment.etcd.tls.key as well'],
  ['    watch_timeout: 50', 'watch_timeout: Sluice opens a silent watch again by itself; remove it'],
] as const) {
  test(`etcd: ${problem}`, () => {
    assert.deepEqual(problemsOf(etcd(lines)), [`sluice.yaml:5: deployment.etcd.${problem}`])
  })
}

test('workers is a number, or one for each core', () => {
  const workers = (value: string) => read(`workers: ${value}`).settings.workers
  assert.equal(workers('4'), 4)
  assert.equal(workers(`"\${{NOT_SET:=3}}"`), 3)
  assert.equal(workers('auto'), availableParallelism())
  assert.deepEqual(problemsOf('workers: many'), [
    'sluice.yaml:1: workers: expected auto, got "many"; write a number such as 4, or auto',
  ])
  assert.deepEqual(problemsOf('workers: 0'), [
    'sluice.yaml:1: workers: expected an integer from 1 to 256, got 0; write a number such as 4, or auto',
  ])
})

test('node_listen takes a port, an address and a list of both', () => {
  const listen = (value: string) => read(`apisix:\n  node_listen: ${value}`).settings.dataListen
  assert.deepEqual(listen('80'), [{ host: '0.0.0.0', port: 80 }])
  assert.deepEqual(listen('127.0.0.1:9080'), [{ host: '127.0.0.1', port: 9080 }])
  assert.deepEqual(listen('"[::1]:9080"'), [{ host: '::1', port: 9080 }])
  assert.deepEqual(listen('[9081, {ip: 127.0.0.2, port: 9082}, {port: 9083}]'), [
    { host: '0.0.0.0', port: 9081 },
    { host: '127.0.0.2', port: 9082 },
    { host: '0.0.0.0', port: 9083 },
  ])
})

test('environment variables become what the key holds, quoted or not', () => {
  const { settings } = read(`
apisix:
  node_listen: "\${{ PORT }}"
deployment:
  admin:
    admin_key:
      - key: \${{NUMERIC}}
      - key: key-\${{KEY}}-\${{NOT_SET:= fallback }}
        role: viewer
    admin_listen: {port: "\${{NOT_SET:=9181}}"}
    mask_secrets: "\${{ON}}"
log:
  level: \${{LEVEL}}
`)
  assert.deepEqual(settings.dataListen, [{ host: '0.0.0.0', port: 9999 }])
  assert.deepEqual(settings.admin.keys, [
    { name: 'admin_key[0]', key: '12345678901234567', role: 'admin' },
    { name: 'admin_key[1]', key: 'key-0123456789abcdef0-fallback', role: 'viewer' },
  ])
  assert.equal(settings.admin.listen.port, 9181)
  assert.equal(settings.admin.maskSecrets, true)
  assert.equal(settings.log.level, 'debug')
})

test('anchors are followed and an absolute data_dir stays as it is', () => {
  const { settings } = read('data_dir: &path /var/lib/sluice\nlog: {level: &level warn}\nplugins: [*level]')
  assert.equal(settings.dataDir, '/var/lib/sluice')
  assert.deepEqual(settings.plugins, ['warn'])
})

const refusals: readonly (readonly [name: string, text: string, problems: readonly string[]])[] = [
  [
    'a text for a port',
    'deployment:\n  admin:\n    admin_listen:\n      port: abc',
    [
      'sluice.yaml:4: deployment.admin.admin_listen.port: expected an integer from 0 to 65535, got "abc"; write a port such as 9180',
    ],
  ],
  [
    'a port out of range, in a list',
    'apisix:\n  node_listen:\n    - 9080\n    - 70000',
    ['sluice.yaml:4: apisix.node_listen[1]: expected an integer from 0 to 65535, got 70000; write a port such as 9080'],
  ],
  [
    'a fraction for an integer',
    'limits: {commands_in_flight: 1.5}',
    ['sluice.yaml:1: limits.commands_in_flight: expected an integer from 1 to 65536, got 1.5'],
  ],
  [
    'an address without a port',
    'apisix: {node_listen: localhost}',
    ['sluice.yaml:1: apisix.node_listen: expected an address and a port, such as "127.0.0.1:9080" or "[::1]:9080"'],
  ],
  [
    'a value that is not in the list',
    'log:\n  format: xml',
    ['sluice.yaml:2: log.format: expected one of auto, json, pretty, got "xml"'],
  ],
  ['a list for a mapping', 'log: []', ['sluice.yaml:1: log: expected a mapping, got an empty list']],
  [
    'an empty list of keys',
    'deployment: {admin: {admin_key: []}}',
    [
      'sluice.yaml:1: deployment.admin.admin_key: expected a list that is not empty, got an empty list; write a list of keys, each with key and role',
    ],
  ],
  [
    'a number for a text, without showing a secret',
    'deployment: {admin: {admin_key: [{key: 4711}]}}',
    [
      'sluice.yaml:1: deployment.admin.admin_key[0].key: expected a text that is not empty, got a value of type number; put it in quotes',
    ],
  ],
  [
    'the value of a variable, without showing it',
    `log: {level: "\${{TEXT}}"}`,
    [
      'sluice.yaml:1: log.level: expected one of error, warn, info, debug, got the value of the environment variable TEXT',
    ],
  ],
  [
    'a variable that is not set',
    `log:\n  level: \${{NOT_SET}}`,
    [
      `sluice.yaml:2: log.level: the environment variable NOT_SET is not set; set it or give a default: \${{NOT_SET:=value}}`,
    ],
  ],
  ['a mistyped key', 'log:\n  levl: info', ['sluice.yaml:2: log.levl: unknown key; did you mean level?']],
  [
    'an unknown key',
    'websocket: {compress: true}',
    ['sluice.yaml:1: websocket.compress: unknown key; remove it, or use one of ping_seconds'],
  ],
  [
    'keys of APISIX that Sluice does not have',
    'apisix:\n  ssl: {enable: true, fallback_sni: a.example}\n  node_listen: [{port: 9080, enable_http2: true}]\ndeployment:\n  certs: {cert: x}',
    [
      'sluice.yaml:2: apisix.ssl.fallback_sni: Sluice refuses clients that name no host; remove it',
      'sluice.yaml:3: apisix.node_listen[0].enable_http2: Sluice speaks HTTP/1.1 only; remove it',
      'sluice.yaml:5: deployment.certs: control planes and data planes meet in etcd only; remove it, and see deployment.etcd.tls',
    ],
  ],
  [
    'a key that is there twice',
    'log: {level: info}\ndata_dir: x\nlog: {level: warn}',
    ['sluice.yaml:3: log: is there twice, first on line 1; remove one of them'],
  ],
  [
    'an entry without its key',
    'deployment:\n  admin:\n    admin_key:\n      - name: ops',
    [
      `sluice.yaml:4: deployment.admin.admin_key[0].key: has no value; write a random text such as the output of 'openssl rand -hex 32', or \${{NAME}} to take it from there`,
    ],
  ],
  [
    "APISIX's published keys",
    'deployment:\n  admin:\n    admin_key:\n      - key: edd1c9f034335f136f87ad84b625c8f1\n      - {key: 4054f7cf07e344346cd3f287985e76a2, role: viewer}',
    [
      "sluice.yaml:4: deployment.admin.admin_key[0].key: is a key that APISIX published; write one of your own, such as from 'openssl rand -hex 32'",
      "sluice.yaml:5: deployment.admin.admin_key[1].key: is a key that APISIX published; write one of your own, such as from 'openssl rand -hex 32'",
    ],
  ],
  [
    'one key for two entries',
    'deployment:\n  admin:\n    admin_key:\n      - key: 0123456789abcdefX\n      - key: 0123456789abcdefX',
    ['sluice.yaml:5: deployment.admin.admin_key[1].key: is also the key of an earlier entry; give every entry its own'],
  ],
  [
    'a network that is none',
    'deployment: {admin: {allow_admin: [10.0.0.0/8, 10.0.0.0/33, example.org]}}',
    [
      'sluice.yaml:1: deployment.admin.allow_admin[1]: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8',
      'sluice.yaml:1: deployment.admin.allow_admin[2]: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8',
    ],
  ],
  [
    'an egress policy with what is no network',
    'egress:\n  allow:\n    - 10.0.0.0/8\n    - 10.0.0.0/33\n    - broker.example\n    - fe80::1%eth0\n  require_verify: maybe',
    [
      'sluice.yaml:4: egress.allow[1]: expected an address or a network, such as 192.0.2.1 or 203.0.113.0/24',
      'sluice.yaml:5: egress.allow[2]: expected an address or a network, such as 192.0.2.1 or 203.0.113.0/24',
      'sluice.yaml:6: egress.allow[3]: expected an address or a network, such as 192.0.2.1 or 203.0.113.0/24',
      'sluice.yaml:7: egress.require_verify: expected true or false, got "maybe"',
    ],
  ],
  [
    'a keyring whose entries have the wrong length, without showing them',
    'apisix:\n  data_encryption:\n    keyring:\n      - too-short\n      - 0123456789abcdef',
    ['sluice.yaml:4: apisix.data_encryption.keyring[0]: has 9 bytes; an entry of APISIX has 16 or 32'],
  ],
  [
    'an Admin API that others reach without TLS',
    'deployment:\n  admin:\n    admin_listen:\n      ip: 0.0.0.0',
    [
      'sluice.yaml:4: deployment.admin.admin_listen.ip: is reached from other machines, and the Admin API has no TLS: write 127.0.0.1, set deployment.admin.https_admin: true, or deployment.admin.allow_insecure_listen: true where something in front of it has TLS',
    ],
  ],
  [
    'TLS of the Admin API without its files',
    'deployment:\n  admin:\n    https_admin: true\n    admin_api_mtls: {admin_ssl_ca_cert: ca.pem}',
    [
      'sluice.yaml:3: deployment.admin.https_admin: is true, and needs a certificate with its key; set deployment.admin.admin_api_mtls.admin_ssl_cert',
    ],
  ],
  [
    'several problems, in the order of the file',
    'plugins: x\nlog:\n  level: loud\n  colour: true\ndata_dir: ""',
    [
      'sluice.yaml:1: plugins: expected a list, got "x"; write a list of plugin names such as kafka-proxy, or of {name, package}',
      'sluice.yaml:3: log.level: expected one of error, warn, info, debug, got "loud"',
      'sluice.yaml:4: log.colour: unknown key; remove it, or use one of level, format',
      'sluice.yaml:5: data_dir: expected a text that is not empty, got ""; write a path such as /var/lib/sluice',
    ],
  ],
  ['what is not YAML', 'log:\n\tlevel: info', ['sluice.yaml:2: not valid YAML: Tabs are not allowed as indentation']],
  [
    'a variable without quotes between braces',
    `apisix: {node_listen: \${{PORT}}}`,
    [
      `sluice.yaml:1: not valid YAML: Unexpected flow-map-start at node end; between braces or brackets, write "\${{NAME}}" in quotes`,
    ],
  ],
]

for (const [name, text, problems] of refusals)
  test(`refused: ${name}`, () => assert.deepEqual(problemsOf(text), problems))

test('packages of schemes and plugins are looked for from the folder of the file', () => {
  const { settings } = read(
    'schemes: [{name: foo, package: "@acme/foo"}]\nplugins: [{name: bar, package: ./bar, optional: true}]',
    ['kafka-proxy'],
  )
  const folder = '/etc/sluice'
  assert.deepEqual(settings.packages, [
    { kind: 'scheme', package: '@acme/foo', added: { name: 'foo', folder, optional: false } },
    { kind: 'plugin', package: './bar', added: { name: 'bar', folder, optional: true } },
  ])
  assert.equal(settings.plugins, undefined, 'all that ship are there beside it')
  assert.deepEqual(read('plugins: [kafka-proxy, {name: bar, package: ./bar}]').settings.plugins, ['kafka-proxy'])
  assert.deepEqual(problemsOf('schemes: [{package: x}]\nplugins: [{name: bar}]'), [
    'sluice.yaml:1: schemes[0].name: has no value; write its name',
    'sluice.yaml:2: plugins[0].package: has no value; write the name of a package such as @acme/plugin-foo',
  ])
})

test('an Admin API that others reach is taken where the operator says so', () => {
  const { settings } = read('deployment: {admin: {admin_listen: {ip: 0.0.0.0}, allow_insecure_listen: true}}')
  assert.equal(settings.admin.listen.host, '0.0.0.0')
})

test('the Admin API has TLS with the keys of APISIX, and may then be reached', () => {
  const files = '{admin_ssl_cert: tls/admin.pem, admin_ssl_cert_key: /k.pem, admin_ssl_ca_cert: ca.pem}'
  const { admin } = read(
    `deployment: {admin: {admin_listen: {ip: 0.0.0.0}, https_admin: true, admin_api_mtls: ${files}}}`,
  ).settings
  assert.deepEqual(admin.tls, {
    certFile: '/etc/sluice/tls/admin.pem',
    keyFile: '/k.pem',
    clientCaFile: '/etc/sluice/ca.pem',
  })
})

test('client certificates that nobody would check are a warning', () => {
  const { settings, warnings } = read('deployment:\n  admin:\n    admin_api_mtls: {admin_ssl_ca_cert: ca.pem}')
  assert.equal(settings.admin.tls, undefined)
  assert.deepEqual(warnings, [
    'sluice.yaml:3: deployment.admin.admin_api_mtls.admin_ssl_ca_cert: is not used without TLS; set deployment.admin.https_admin: true, or remove it',
  ])
})

test('the names that the Admin API answers to are known on loopback, and elsewhere where they are given', () => {
  const hosts = (ip: string, names: string) =>
    read(`deployment: {admin: {admin_listen: {ip: "${ip}"}, allow_insecure_listen: true, allowed_hosts: ${names}}}`)
      .settings.admin.allowedHosts
  assert.deepEqual(hosts('127.0.0.2', '[a.example]'), ['localhost', '127.0.0.1', '::1', '127.0.0.2', 'a.example'])
  assert.deepEqual(hosts('10.0.0.1', '[a.example]'), ['localhost', '127.0.0.1', '::1', '10.0.0.1', 'a.example'])
  assert.equal(hosts('10.0.0.1', '[]'), undefined)
})

test('a short key is a warning with its line', () => {
  const { warnings } = read('deployment:\n  admin:\n    admin_key:\n      - key: short')
  assert.deepEqual(warnings, [
    'sluice.yaml:4: deployment.admin.admin_key[0].key: has fewer than 16 characters and is easy to guess; make it longer',
  ])
})

test('plugins that are not installed are refused, each on its line', () => {
  const installed = ['kafka-proxy', 'other-auth']
  assert.deepEqual(read('plugins: [other-auth]', installed).settings.plugins, ['other-auth'])
  assert.deepEqual(problemsOf('plugins:\n  - kafka-poxy\n  - kafka-proxy\n  - limit-count', installed), [
    'sluice.yaml:2: plugins[0]: no plugin kafka-poxy is installed; did you mean kafka-proxy?',
    'sluice.yaml:4: plugins[2]: no plugin limit-count is installed; remove it; there is kafka-proxy, other-auth',
  ])
})

test('what the schema refuses does not hide what is wrong with the rest', () => {
  const text = `apisix: {node_listen: localhost}
deployment:
  admin:
    admin_key: [{key: edd1c9f034335f136f87ad84b625c8f1}]
    allow_admin: [10.0.0.0/33]
    admin_listen: {ip: 0.0.0.0, port: abc}
plugins: [nope]
log: {level: loud}`
  const paths = problemsOf(text, ['kafka-proxy']).map((line) => line.split(': ').slice(0, 2).join(' '))
  assert.deepEqual(paths, [
    'sluice.yaml:1 apisix.node_listen',
    'sluice.yaml:4 deployment.admin.admin_key[0].key',
    'sluice.yaml:5 deployment.admin.allow_admin[0]',
    'sluice.yaml:6 deployment.admin.admin_listen.port',
    'sluice.yaml:6 deployment.admin.admin_listen.ip',
    'sluice.yaml:7 plugins[0]',
    'sluice.yaml:8 log.level',
  ])
})

test('the egress policy is read, with a warning for each network that holds cloud metadata addresses', () => {
  const { settings, warnings } = read(`egress:
  require_verify: true
  allow: [10.0.0.0/8, 169.254.169.254, 169.254.0.0/16, 100.64.0.0/10, "fd00::/8", 0.0.0.0/0, "fd00:ec2::254"]`)
  const allow = ['10.0.0.0/8', '169.254.169.254', '169.254.0.0/16', '100.64.0.0/10', 'fd00::/8', '0.0.0.0/0']
  assert.deepEqual(settings.egress, { allow: [...allow, 'fd00:ec2::254'], requireVerify: true })
  const warning = (index: number, address: string) =>
    `sluice.yaml:3: egress.allow[${index}]: covers ${address}, where clouds hand out credentials; write smaller networks`
  assert.deepEqual(warnings, [
    warning(2, '169.254.169.254'),
    warning(3, '100.100.100.200'),
    warning(4, 'fd00:ec2::254'),
    warning(5, '169.254.169.254'),
  ])
})

test('a listener is not called unsafe where the key that allows it was refused', () => {
  const text = 'deployment: {admin: {admin_listen: {ip: 0.0.0.0}, allow_insecure_listen: yes}}'
  assert.deepEqual(problemsOf(text), [
    'sluice.yaml:1: deployment.admin.allow_insecure_listen: expected true or false, got "yes"',
  ])
})

test('a file is read from its path, and its folder is where data_dir starts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-config-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'gateway.yaml')
  await writeFile(file, 'log: {level: debug}')
  const { settings, file: read } = await loadConfig(file, { environment: {} })
  assert.equal(settings.log.level, 'debug')
  assert.equal(settings.dataDir, join(folder, 'sluice-data'))
  assert.equal(read, file)
  await assert.rejects(loadConfig(folder, { environment: {} }), { message: `cannot read ${folder}: it is a folder` })
  await assert.rejects(loadConfig(`${file}.x`, { environment: {} }), {
    code: 'CONFIG_UNREADABLE',
    message: `cannot read ${file}.x: there is no such file; make one: sluice init --config ${file}.x`,
  })
  if (process.getuid?.() === 0) return
  await chmod(file, 0)
  await assert.rejects(loadConfig(file, { environment: {} }), {
    message: `cannot read ${file}: this user may not read it`,
  })
})
