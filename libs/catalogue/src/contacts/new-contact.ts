import { contactDetails } from '@allim/contracts';

/** What an event tells us of how a person is reached. */
export interface NewContact {
  userId: string;
  /** Null: the event has none, or none that a mail could be sent to. What is known already stays. */
  email: string | null;
  /** Null: the event has none, or none that fits a contact. What is known already stays. */
  name: string | null;
}

/**
 * What of an event's address and name fits a contact, by the rules that hold for a contact a client puts. What does not
 * fit is left out: the person is welcome all the same.
 */
export function newContact(userId: string, email: string | null | undefined, name: string): NewContact {
  const { email: validEmail, name: validName } = contactDetails.shape;
  return {
    userId,
    email: validEmail.safeParse(email?.trim()).data ?? null,
    name: validName.safeParse(name).data ?? null,
  };
}
