import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const postLiked = defineEvent({
  topic: 'blog.post.liked',
  category: 'blog',
  schema: z.object({
    likeId: id,
    postId: id,
    postTitle: shown,
    authorId: person,
    likerId: person,
    likerName: shown,
    likedAt: optional(time),
  }),
  notify: (event) => {
    if (event.likerId === event.authorId) return null;
    return {
      to: event.authorId,
      type: 'BLOG_LIKE',
      reference: { type: 'like', id: event.likeId },
      link: `/blog/${segment(event.postId)}`,
      params: { postTitle: cut(event.postTitle, 30), likerName: event.likerName },
    };
  },
  sample: ({ user, number }) => ({
    likeId: `like-${number}`,
    postId: `post-${number}`,
    postTitle: 'Kafka로 알림 서비스 만들기',
    authorId: user,
    likerId: `reader-${number}`,
    likerName: '김철수',
    likedAt: '2026-02-06T10:10:00',
  }),
});
