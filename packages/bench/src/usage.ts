/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number
  readonly residentBytes: number
}
