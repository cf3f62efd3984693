import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const userFollowed = defineEvent({
  topic: 'blog.user.followed',
  category: 'blog',
  schema: z.object({
    followId: id,
    followeeId: person,
    followerId: person,
    followerName: shown,
    followedAt: optional(time),
  }),
  notify: (event) => {
    if (event.followerId === event.followeeId) return null;
    return {
      to: event.followeeId,
      type: 'BLOG_FOLLOW',
      reference: { type: 'follow', id: event.followId },
      link: `/blog/users/${segment(event.followeeId)}/followers`,
      params: { followerName: event.followerName },
    };
  },
  sample: ({ user, number }) => ({
    followId: `follow-${number}`,
    followeeId: user,
    followerId: `reader-${number}`,
    followerName: '최지우',
    followedAt: '2026-02-06T10:30:00',
  }),
});
