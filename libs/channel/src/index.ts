export { type Outcome, type Outgoing, type Provider } from './provider.js';
