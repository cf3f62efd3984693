import fc from 'fast-check';
import { identityOf } from './identity.js';

const hex = (userId: string, type: string, id: string) =>
  identityOf(userId, 'ORDER_CREATED', { type, id }).toString('hex');

describe('identityOf', () => {
  // Made with printf and sha256sum:
  // printf '\0\0\0\6user-1\0\0\0\15ORDER_CREATED\0\0\0\5order\0\0\0\20ORD-20260206-001' | sha256sum | cut -c1-32
  it('is half a SHA-256 over the length-prefixed fields', () => {
    expect(hex('user-1', 'order', 'ORD-20260206-001')).toBe('29ff0aec9868bb29c2cb77acf585cdf5');
  });

  it('counts bytes of UTF-8, not characters', () => {
    // printf '\0\0\0\6사용\0\0\0\15ORDER_CREATED\0\0\0\5order\0\0\0\4😀' | sha256sum | cut -c1-32
    expect(hex('사용', 'order', '😀')).toBe('91d8639add81410624e2a5f19a6b5eda');
  });

  it('tells notification types apart', () => {
    const order = { type: 'order', id: 'ORD-1' };
    expect(identityOf('u', 'ORDER_CREATED', order)).not.toEqual(identityOf('u', 'ORDER_CANCELLED', order));
  });

  it('keeps the bounds between the fields', () => {
    expect(hex('ab', 'c', 'd')).not.toBe(hex('a', 'bc', 'd'));
    const text = fc.string({ unit: 'grapheme', maxLength: 6 });
    fc.assert(
      fc.property(fc.tuple(text, text, text), fc.nat(18), fc.nat(18), ([a, b, c], first, second) => {
        // The same characters, divided elsewhere.
        const all = a + b + c;
        const [from, to] = [Math.min(first, second, all.length), Math.min(Math.max(first, second), all.length)];
        const other = [all.slice(0, from), all.slice(from, to), all.slice(to)] as const;
        fc.pre(other.every((part) => part.isWellFormed()));
        const same = other[0] === a && other[1] === b && other[2] === c;
        expect(hex(...other) === hex(a, b, c)).toBe(same);
      }),
    );
  });
});
