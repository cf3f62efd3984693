import { type ReplayJobState } from '@allim/contracts';
import { SignJWT } from 'jose';
import { type Arena } from './arena.js';
import { until } from './until.js';

/** A replay job, as far as tests look at it. */
export interface Job {
  job: number;
  replayId: string;
  state: ReplayJobState;
  total: number;
  published: number;
  skipped: number;
  failed: number;
  stopReason: string | null;
}

interface Items {
  items: { number: number }[];
  next: number | null;
}

const patienceMs = 30_000;

/** Somebody who works with ops' API: asks whichever node answers. */
export class Operator {
  constructor(
    private readonly arena: Arena,
    private readonly name: string,
  ) {}

  /** What a node answers; asks again, the others too, while none does. */
  async ask<Data>(path: string, body?: object): Promise<{ status: number; data: Data }> {
    let answer: { status: number; data: Data } | undefined;
    const isAnswered = async () => {
      const { url } = this.arena.random.pick(this.arena.ops);
      const response = await fetch(`${url}/api/v1/ops${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${await this.token()}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      const { data } = (await response.json()) as { data: Data };
      answer = { status: response.status, data };
      return response.status < 500;
    };
    await until(isAnswered, { withinMs: patienceMs });
    if (!answer) throw new Error(`no ops node answers ${path}`);
    return answer;
  }

  job = async (number: number): Promise<Job> => (await this.ask<Job>(`/replay-jobs/${number}`)).data;

  /** Waits for a state; answers the job as it is then. */
  async whenJob(number: number, states: readonly ReplayJobState[], withinMs: number): Promise<Job> {
    let job = await this.job(number);
    const is = async () => {
      job = await this.job(number);
      return states.includes(job.state);
    };
    if ((await until(is, { withinMs, everyMs: 100 })) === null)
      throw new Error(`job ${number} is ${job.state} after ${withinMs} ms, not ${states.join(' or ')}`);
    return job;
  }

  /** A dry run, with the numbers of its set. */
  async plan(order: object, withinMs: number): Promise<{ job: Job; set: number[] }> {
    const { status, data } = await this.ask<Job>('/replay-jobs', order);
    if (status !== 202) throw new Error(`a dry run was answered ${status}`);
    const job = await this.whenJob(data.job, ['planned'], withinMs);
    return { job, set: await this.items(job.job) };
  }

  /** Numbers of a job's set, of those in one state if it is given. */
  async items(job: number, state?: string): Promise<number[]> {
    const numbers: number[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const query: string = `after=${after}&size=200${state ? `&state=${state}` : ''}`;
      const { data }: { data: Items } = await this.ask<Items>(`/replay-jobs/${job}/letters?${query}`);
      numbers.push(...data.items.map(({ number }) => number));
      after = data.next;
    }
    return numbers;
  }

  /** Clicks so often at once; answers how many of them had an effect. */
  async click(path: string, body: object, times: number): Promise<number> {
    const answers = await Promise.all(Array.from({ length: times }, () => this.ask(path, body)));
    return answers.filter(({ status }) => status === 200).length;
  }

  private token(): Promise<string> {
    return new SignJWT({ scope: 'ops ops:payload ops:replay' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(this.name)
      .setIssuedAt()
      .setExpirationTime('1 h')
      .sign(new TextEncoder().encode(this.arena.secret));
  }
}
