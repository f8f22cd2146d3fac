/** The JSON object that an HTTP answer holds. */
export async function jsonBody(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null) throw new Error(`${response.url} answered ${JSON.stringify(body)}`)
  return { ...body }
}
