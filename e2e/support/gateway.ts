export {
  type AdminAnswer,
  adminKey,
  type GatewayOptions,
  jsonBody,
  startGateway,
  type TestGateway,
  viewerKey,
} from '@sluice/testkit'
