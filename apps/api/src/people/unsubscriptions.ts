import { readUnsubscribeToken, type Unsubscription } from '@allim/catalogue';
import { type Allowance, badRequest, Refusal } from '@allim/http';
import { type PreferenceStore } from '@allim/store';

/** What the signed links of mails allow: to be left alone, without signing in. */
export class Unsubscriptions {
  /**
   * @param secrets what links may be signed with; none: no link is ours
   * @param allowance by person, apart from that of their other requests: whoever gets hold of a link shuts nobody out
   */
  constructor(
    private readonly preferences: Pick<PreferenceStore, 'set'>,
    private readonly secrets: readonly string[],
    private readonly allowance: Pick<Allowance, 'take'>,
  ) {}

  /** Throws a C003 for a link that we have not signed, or not like that. */
  read(token: string): Unsubscription {
    const what = readUnsubscribeToken(token, this.secrets);
    if (what === null) throw badRequest('token: expected one of a link that we have signed, in one piece');
    return what;
  }

  /** Idempotent. Throws a C003, a C004, or a DatabaseDown. */
  async takeBack(token: string): Promise<Unsubscription> {
    const what = this.read(token);
    const waitS = this.allowance.take(what.userId);
    if (waitS > 0) throw new Refusal('C004', `too many requests; try again in ${waitS} s`, { retryAfterS: waitS });
    await this.preferences.set(what.userId, [{ category: what.category, channel: what.channel, wanted: false }]);
    return what;
  }
}
