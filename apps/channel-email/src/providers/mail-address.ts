import { z } from 'zod';

/** RFC 5321, 4.5.3.1: a server need not take more, before the @ and in all. */
const mostBeforeAt = 64;
const most = 254;

/**
 * Whether a mail can be sent to exactly this address. The rule that contacts are checked by: ASCII letters, no quotes,
 * no blanks, so there is no way to write a second recipient or a header into it.
 */
export function isMailAddress(address: string): boolean {
  return address.length <= most && address.indexOf('@') <= mostBeforeAt && z.regexes.email.test(address);
}
