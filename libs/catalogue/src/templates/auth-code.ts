import { z } from 'zod';
import { defineTemplate } from './template.js';

/**
 * A code by which a person proves to be one: wanted within seconds, at any hour, whatever is muted. The inbox does not tell it:
 * who proves to have a mailbox or a phone must not read it where they are signed in already (decision 0022).
 */
export const authCode = defineTemplate({
  name: 'auth_code',
  category: 'account',
  critical: true,
  priority: 'high',
  channels: ['email', 'sms'],
  params: z.object({
    // A string, because a number loses its leading zeros; nothing but a code, because this text passes every preference.
    code: z.string().regex(/^[A-Za-z0-9-]{4,20}$/, 'expected 4 to 20 letters, digits or "-"'),
    minutes: z.int().min(1).max(1_440),
  }),
  sample: { code: '042917', minutes: 3 },
});
