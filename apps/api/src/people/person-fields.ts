import { categories } from '@allim/catalogue';
import { deviceToken, limits, preferences } from '@allim/contracts';
import { z } from 'zod';

const userIdExpected = `expected a user id of 1 to ${limits.userId} characters, none of them a control character`;

/** The same ids as in tokens and events. */
export const userIdText = z
  .string(userIdExpected)
  .min(1, userIdExpected)
  .refine((id) => [...id].length <= limits.userId && !/\p{Cc}/u.test(id) && id.isWellFormed(), userIdExpected)
  .meta({ maxLength: limits.userId });

export const userIdParam = userIdText.describe('Whose contact it is.');

export const tokenParam = deviceToken.describe('The registration token that FCM gave the device, percent-encoded.');

/** The catalogue knows the categories: a choice for one that nothing ever belongs to would be without effect. */
export const preferenceChoices = preferences.superRefine(({ preferences: list }, context) => {
  for (const [index, { category }] of list.entries()) {
    if ((categories as readonly string[]).includes(category)) continue;
    const message = `expected one of ${categories.join(', ')}`;
    context.addIssue({ code: 'custom', path: ['preferences', index, 'category'], message });
  }
});
