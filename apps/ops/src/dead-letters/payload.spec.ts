import { showHeaders, showValue } from './payload.js';

describe('a payload as it is shown', () => {
  it('is text where it is UTF-8, else hexadecimal', () => {
    expect(showValue(Buffer.from('{"주문":1}'))).toEqual({ as: 'text', shown: '{"주문":1}', bytes: 12, isCut: false });
    expect(showValue(Buffer.from([0xff, 0x00]))).toEqual({ as: 'hex', shown: 'ff00', bytes: 2, isCut: false });
    expect(showValue(Buffer.alloc(0))).toEqual({ as: 'text', shown: '', bytes: 0, isCut: false });
    expect(showValue(null)).toBeNull();
  });

  it.each([
    ['가', 3],
    ['é', 2],
    ['🙂', 4],
  ])('is not hexadecimal because a %s was cut in two', (character, size) => {
    for (let offset = 0; offset < size; offset++) {
      const shown = showValue(Buffer.from('a'.repeat(offset) + character.repeat(65_536)));
      expect(shown).toMatchObject({ as: 'text', isCut: true, bytes: offset + size * 65_536 });
      expect(shown?.shown.endsWith(character)).toBe(true);
    }
  });

  it('is cut at 64 KB, a header at 4 KB', () => {
    expect(showValue(Buffer.alloc(10_000_000, 'a'))?.shown).toHaveLength(65_536);
    expect(
      showHeaders({ h: [Buffer.alloc(10_000, 'a'), Buffer.from('b')] }).map(({ value }) => value.shown.length),
    ).toEqual([4_096, 1]);
  });
});
