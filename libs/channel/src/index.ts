export { type ChannelPoint, ChannelWorker, type ChannelWorkerOptions } from './channel-worker.js';
export type { Attempted, Claimed, Conclusion, Deliveries } from './deliveries.js';
export type { Outcome, Outgoing, Provider } from './provider.js';
export { type ContractCase, type Contracted, providerCases, providerContract } from './provider-contract.js';
export { openRedis } from './redis.js';
export { type ChannelWorkerSettings, channelSettings } from './settings.js';
