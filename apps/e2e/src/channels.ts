import { type FcmServer, type SmtpServer, startFcmServer, startSmtpServer } from '@allim/mailbox';
import { type DeliveryTimeline } from '@allim/store';
import { waitFor } from '@allim/testing';
import { Program } from './program.js';
import { type System } from './system.js';

export interface Reachable {
  language?: 'ko' | 'en';
  /** Tokens of devices. */
  devices?: string[];
  promotionConsent?: boolean;
}

/** The channel apps of a system, and the servers at which their mails and pushes end. */
export class Channels {
  private constructor(
    private readonly system: System,
    readonly smtp: SmtpServer,
    readonly fcm: FcmServer,
    readonly email: Program,
    readonly push: Program,
  ) {}

  static async start(system: System): Promise<Channels> {
    const [smtp, fcm] = await Promise.all([startSmtpServer(), startFcmServer()]);
    const environment = {
      ...system.environment,
      SMTP_URL: smtp.url,
      SMTP_TLS: 'off',
      MAIL_FROM: 'no-reply@portal.example.com',
      PUBLIC_URL: 'https://portal.example.com',
      API_URL: system.apis[0]!.url,
      FCM_ENDPOINT: fcm.url,
    };
    const [email, push] = await Promise.all([
      Program.start('channel-email', 'channel-email', environment),
      Program.start('channel-push', 'channel-push', environment),
    ]);
    return new Channels(system, smtp, fcm, email, push);
  }

  /** Tells the api how somebody is reached, as their own client would. */
  async introduce(userId: string, { language = 'ko', devices = [], promotionConsent = false }: Reachable = {}) {
    const node = this.system.apis[0]!;
    // New York has no hours of the day that are forbidden to promotions.
    const contact = { email: `${userId}@example.com`, language, zone: 'America/New_York', promotionConsent };
    const asked = [
      { path: '/api/v1/contact', body: contact },
      ...devices.map((token) => ({ path: `/api/v1/devices/${token}`, body: { platform: 'android' } })),
    ];
    for (const { path, body } of asked) {
      const { status } = await this.system.call(node, { userId, method: 'PUT', path, body });
      expect([path, status]).toEqual([path, 200]);
    }
  }

  mailsTo(userId: string) {
    return this.smtp.mails({ to: `${userId}@example.com` });
  }

  /** What operators see of a person's deliveries. */
  async timeline(userId: string): Promise<DeliveryTimeline[]> {
    const path = `/api/v1/deliveries?userId=${userId}`;
    const answer = await this.system.call(this.system.apis[0]!, { userId: 'op', scope: 'ops', method: 'GET', path });
    expect(answer.status).toBe(200);
    return (answer.body as { data: { items: DeliveryTimeline[] } }).data.items;
  }

  async stop(): Promise<void> {
    await Promise.all([this.email, this.push].map((program) => program.end('SIGTERM')));
    await Promise.all([this.smtp.stop(), this.fcm.stop()]);
  }
}

/** Makes Kafka forget how far these groups have read: they begin again with the first record. Their members must be gone. */
export async function rewind({ admin }: System, groupIds: string[]): Promise<void> {
  // Kafka counts a member as there for a moment after it has left.
  await waitFor(() => admin.deleteGroups(groupIds), { what: 'the groups to be empty' });
}

/** Resolves when a group has read and committed all there is on these topics. */
export async function caughtUp({ admin }: System, groupId: string, topics: readonly string[]): Promise<void> {
  const behind = async () => {
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
    return ends.flatMap((partitions, index) =>
      partitions
        .filter(({ partition, high, low }) => {
          const mine = committed
            .find(({ topic }) => topic === topics[index])
            ?.partitions.find((one) => one.partition === partition);
          return high !== low && Number(mine?.offset) !== Number(high);
        })
        .map(({ partition }) => `${topics[index]}/${partition}`),
    );
  };
  await waitFor(async () => (await behind()).length === 0, {
    what: `${groupId} to have read everything`,
    timeoutMs: 30_000,
    everyMs: 100,
  });
}
