import { type ReplayLetter } from '@allim/store';
import { Publishing } from './publishing.js';
import { type Publication } from './replay-publisher.js';

const batch = (number: number) => [{ number }] as ReplayLetter[];

/** Steps that end when the spec says so, and what has begun. */
function steps() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const step = async (name: string) => {
    begun.push(name);
    ends.set(name, Promise.withResolvers());
    await ends.get(name)!.promise;
  };
  const publishing = new Publishing(
    async (letters) => {
      await step(`publish ${letters[0]!.number}`);
      return { published: letters.map(({ number }) => number), refused: [] };
    },
    ({ published }: Publication) => step(`note ${published[0]}`),
  );
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...{ publishing, begun },
    async end(name: string) {
      ends.get(name)!.resolve();
      await turn();
    },
    async fail(name: string) {
      ends.get(name)!.reject(new Error(`${name} failed`));
      await turn();
    },
  };
}

describe('Publishing', () => {
  it('publishes one batch while the one before is noted, each in its turn', async () => {
    const { publishing, begun, end } = steps();
    await publishing.add(batch(1));
    const second = publishing.add(batch(2));
    expect(begun).toEqual(['publish 1']);
    await end('publish 1');
    await second;
    expect(begun).toEqual(['publish 1', 'note 1', 'publish 2']);
    const third = publishing.add(batch(3));
    await end('publish 2');
    expect(begun).toHaveLength(3); // two are never noted at once
    await end('note 1');
    await third;
    const ended = publishing.end();
    await end('publish 3');
    await end('note 2');
    await end('note 3');
    await ended;
    expect(begun).toEqual(['publish 1', 'note 1', 'publish 2', 'note 2', 'publish 3', 'note 3']);
  });

  it('has nothing noted that was not published, and says what failed', async () => {
    const { publishing, begun, fail } = steps();
    await publishing.add(batch(1));
    await fail('publish 1');
    await expect(publishing.add(batch(2))).rejects.toThrow('publish 1 failed');
    await publishing.settle();
    expect(begun).toEqual(['publish 1']);
  });

  it('says what could not be noted', async () => {
    const { publishing, end, fail } = steps();
    await publishing.add(batch(1));
    await end('publish 1');
    const ended = publishing.end();
    ended.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    await fail('note 1');
    await expect(ended).rejects.toThrow('note 1 failed');
    await expect(publishing.add(batch(2))).rejects.toThrow('note 1 failed');
  });
});
