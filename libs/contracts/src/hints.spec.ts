import { encodeHint, type Hint, readHint } from './hints.js';
import { type NotificationResponse } from './notification.js';

const notification = (userId: string, id: number): NotificationResponse => ({
  id,
  userId,
  type: 'SYSTEM',
  title: '환영합니다!\n\t"',
  message: '',
  link: null,
  status: 'UNREAD',
  referenceId: null,
  referenceType: null,
  createdAt: '2026-02-06T10:00:00.000Z',
  readAt: null,
});

const hint: Hint = {
  notifications: [
    { notification: notification('u1', 1), unread: 1, unseen: 1 },
    { notification: notification('u2', 7), unread: 3, unseen: 2 },
  ],
  positions: [{ userId: 'u2', lastId: 7, unread: 3, unseen: 2 }],
  announcements: [{ topic: 'timedeal', type: 'TIMEDEAL_STARTED', title: 't', message: 'm', link: null }],
};

function read(text: string, wanted: (address: string) => boolean = () => true): Hint {
  const got: Hint = { notifications: [], positions: [], announcements: [] };
  readHint(text, {
    wantsUser: wanted,
    wantsTopic: wanted,
    notification: (message) => got.notifications.push(message),
    position: (position) => got.positions.push(position),
    announcement: (message) => got.announcements.push(message),
  });
  return got;
}

describe('hint', () => {
  it('comes back as it was sent, line breaks and tabs in texts included', () => {
    expect(read(encodeHint(hint))).toEqual(hint);
  });

  it('is parsed only where somebody waits for it', () => {
    expect(read(encodeHint(hint), (address) => address === 'u2')).toEqual({
      notifications: [hint.notifications[1]],
      positions: hint.positions,
      announcements: [],
    });
  });

  it('may be empty', () => {
    expect(read(encodeHint({ notifications: [], positions: [], announcements: [] }))).toEqual({
      notifications: [],
      positions: [],
      announcements: [],
    });
  });

  it.each(['x', 'zuser\t{}', 'no tab', '\t{}'])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(SyntaxError);
  });
});
