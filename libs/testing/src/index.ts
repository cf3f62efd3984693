export { type FixedClock, fixedClock } from './clock.js';
export { useStack } from './stack.js';
export { type WaitOptions, waitFor } from './wait-for.js';
