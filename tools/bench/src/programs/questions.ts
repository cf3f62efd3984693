/** The other end of a `Helper`: answers one question at a time, ends with its parent. */
export function answerQuestions(answers: Record<string, (input: never) => unknown>): void {
  process.on('message', async ({ question, input }: { question: string; input: never }) => {
    try {
      process.send?.({ answer: await answers[question]?.(input) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
