import type { JsonObject } from '@sluice/core'

/** A body for each kind of resource, by the name of its schema; certificates are too long to show. */
export const examples: Readonly<Record<string, JsonObject>> = {
  route: {
    name: 'events',
    uri: '/events',
    upstream: { scheme: 'kafka', type: 'none', nodes: { '127.0.0.1:9092': 1 } },
  },
  service: { name: 'events', hosts: ['events.example'], upstream_id: 'brokers' },
  upstream: { name: 'brokers', scheme: 'kafka', type: 'none', nodes: { '127.0.0.1:9092': 1 } },
  consumer: { username: 'jack', desc: 'Dashboards', group_id: 'readers' },
  credential: { plugins: { 'key-auth': { key: '$env://JACKS_KEY' } } },
  consumer_group: { id: 'readers', plugins: {} },
  plugin_config: { desc: 'What routes share', plugins: {} },
  global_rule: { plugins: {} },
  'secret.vault': { uri: 'https://vault.example:8200', prefix: 'kv/sluice', token: '$env://VAULT_TOKEN' },
  proto: { content: 'syntax = "proto3"; package events; message Event { string id = 1; }' },
}
