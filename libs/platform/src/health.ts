/** What a program says of itself to whoever supervises it. */
export interface HealthChecks {
  /** Progress, not "the process is up": why it is not live, or nothing. Must not ask other servers. */
  live: Record<string, () => string | undefined>;
  /** Dependencies: throws (or rejects) with the reason while work cannot be done. */
  ready: Record<string, () => unknown | Promise<unknown>>;
}

export interface HealthAnswer {
  status: 'ok' | 'failing';
  /** Name of the check → `ok` or the reason. */
  checks: Record<string, string>;
}

/** A check that takes longer than this counts as failed. */
const checkDeadlineMs = 2_000;

export class Health {
  private draining = false;

  constructor(private readonly checks: HealthChecks) {}

  /** From now on not ready, so that nothing new is sent here: the first step of every stop. */
  drain(): void {
    this.draining = true;
  }

  live(): HealthAnswer {
    return answer(Object.entries(this.checks.live).map(([name, check]) => [name, check() ?? 'ok']));
  }

  async ready(): Promise<HealthAnswer> {
    if (this.draining) return answer([['shutdown', 'stopping']]);
    return answer(
      await Promise.all(Object.entries(this.checks.ready).map(async ([name, check]) => [name, await verdict(check)])),
    );
  }
}

function answer(checks: string[][]): HealthAnswer {
  return { status: checks.every(([, state]) => state === 'ok') ? 'ok' : 'failing', checks: Object.fromEntries(checks) };
}

async function verdict(check: () => unknown): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkDeadlineMs} ms`), checkDeadlineMs);
  });
  const asked = (async () => check())().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
