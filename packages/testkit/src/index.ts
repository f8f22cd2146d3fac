// For authors of schemes and plugins.
export { type AnswerFrame, createFrames, type Frames } from './frames.ts'
export { type InProcessGateway, type InProcessOptions, startInProcess } from './in-process-gateway.ts'
export { createInbox, type Inbox } from './inbox.ts'
export { type PluginSamples, pluginContract } from './plugin-contract.ts'
export { type LogLine, type RecordedLog, type RecordedMetrics, recordedLog, recordedMetrics } from './recorded.ts'
export { type SchemeSamples, schemeContract } from './scheme-contract.ts'
export { type ContractSocket, openSocket, type Received } from './socket.ts'
export { until } from './until.ts'
