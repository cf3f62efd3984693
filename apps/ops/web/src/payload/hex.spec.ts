import { bytesOfHex, hexDump } from './hex.js';

describe('bytes', () => {
  it('are shown with their offset and what is ASCII of them', () => {
    expect(hexDump(bytesOfHex('7b22c3a90a'), 4)).toBe('000000  7b 22 c3 a9  {"··\n000004  0a           ·');
    expect(hexDump(new Uint8Array())).toBe('');
  });
});
