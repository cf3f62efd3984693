import { z } from 'zod';
import { newContact } from '../../contacts/new-contact.js';
import { defineEvent } from '../../entry.js';
import { note, person, shown } from '../../fields.js';

export const userSignup = defineEvent({
  topic: 'user-signup',
  category: 'account',
  schema: z.object({ userId: person, email: note, name: shown }),
  notify: (event) => ({
    to: event.userId,
    type: 'SYSTEM',
    reference: { type: 'user', id: event.userId },
    params: { name: event.name },
    channels: ['email'],
    contact: newContact(event.userId, event.email, event.name),
  }),
  sample: ({ user }) => ({ userId: user, email: `${user}@example.com`, name: '홍길동' }),
});
