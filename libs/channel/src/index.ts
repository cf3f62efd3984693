export type { Outcome, Outgoing, Provider } from './provider.js';
export { type ContractCase, type Contracted, providerCases, providerContract } from './provider-contract.js';
export { channelSettings, failPointInTestsOnly } from './settings.js';
export { type ChannelProgram, startChannel } from './start-channel.js';
