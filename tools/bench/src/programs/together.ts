/** Does `work` for numbers 0 … `count` - 1, so many at a time. Answers how many were done in a second, from the first that was. */
export async function together(
  count: number,
  concurrency: number,
  work: (number: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  let first = 0;
  const one = async () => {
    while (next < count) {
      await work(next++);
      first ||= performance.now();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return (count - 1) / ((performance.now() - first) / 1000);
}
