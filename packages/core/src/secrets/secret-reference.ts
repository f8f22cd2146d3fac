/** Whether a text refers to a secret kept elsewhere, `$secret://...` or `$env://...`, in place of the secret. */
export function isSecretReference(text: string): boolean {
  return /^\$(?:secret|env):\/\//i.test(text)
}
