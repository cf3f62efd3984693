/** So many of a run are replayed first; what became of them says whether the others follow. */
export const canaryLetters = 100;
const mostFailing = 0.05;

/** What a job has done since it was started or resumed. */
export interface Trial {
  published: number;
  failed: number;
}

/** Why a run is to be stopped; undefined: it may go on. Of a few nothing is said yet. */
export function verdictOf({ published, failed }: Trial): string | undefined {
  if (published < canaryLetters || failed <= published * mostFailing) return undefined;
  return `${failed} of ${published} have failed again: more than ${mostFailing * 100} %`;
}
