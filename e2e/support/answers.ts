import assert from 'node:assert/strict'
import type { PubSubClient, PubSubResponse } from '@sluice/harness'

/** The next answer that no `request` waits for. */
export async function nextAnswer(client: PubSubClient): Promise<PubSubResponse> {
  const frame = await client.nextFrame()
  assert.ok(frame.kind === 'binary', 'a binary frame is answered with one')
  return frame.response
}

/** The next answer to a text frame. */
export async function nextText(client: PubSubClient): Promise<string> {
  const frame = await client.nextFrame()
  assert.ok(frame.kind === 'text', 'a text frame is answered with one')
  return frame.text
}
