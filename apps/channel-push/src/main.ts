import './small-heap.js';

// Loaded only now: what a program loads would have its young generation grow before anything could be said about that.
await import('./program.js');
