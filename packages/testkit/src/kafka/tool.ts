import { once } from 'node:events'
import { spawnWatched } from '../watchdog.ts'
import type { KafkaJars } from './jars.ts'
import { javaCommand } from './java.ts'

/** Runs one of Kafka's own command-line tools and gives what it wrote; rejects with that when it fails. */
export async function runTool(
  java: string,
  jars: KafkaJars,
  mainClass: string,
  args: readonly string[],
): Promise<string> {
  const command = javaCommand(java, jars, '128m', mainClass, args, false)
  const child = spawnWatched(command.java, command.args)
  let output = ''
  const onText = (text: string) => {
    output += text
  }
  child.stdout?.setEncoding('utf8').on('data', onText)
  child.stderr?.setEncoding('utf8').on('data', onText)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${mainClass} ended with code ${code}: ${output}`)
  return output
}
