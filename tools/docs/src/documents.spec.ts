import { drift } from './documents.js';

const documents = [
  { path: 'docs/a.md', content: 'a' },
  { path: 'docs/b.md', content: 'b' },
];

describe('drift', () => {
  it('is empty when all is as generated', () => {
    expect(
      drift(
        documents,
        new Map([
          ['docs/a.md', 'a'],
          ['docs/b.md', 'b'],
        ]),
      ),
    ).toEqual(new Map());
  });

  it('names what is missing, what differs and what is left over', () => {
    expect(
      drift(
        documents,
        new Map([
          ['docs/b.md', 'changed'],
          ['docs/c.md', 'c'],
        ]),
      ),
    ).toEqual(
      new Map([
        ['docs/a.md', 'is missing'],
        ['docs/b.md', 'differs from what is generated'],
        ['docs/c.md', 'belongs to nothing any more'],
      ]),
    );
  });
});
