import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const postCommented = defineEvent({
  topic: 'blog.post.commented',
  category: 'blog',
  schema: z.object({
    commentId: id,
    postId: id,
    postTitle: shown,
    authorId: person,
    commenterId: person,
    commenterName: shown,
    content: shown,
    createdAt: optional(time),
  }),
  notify: (event) => {
    if (event.commenterId === event.authorId) return null;
    return {
      to: event.authorId,
      type: 'BLOG_COMMENT',
      reference: { type: 'comment', id: event.commentId },
      link: `/blog/${segment(event.postId)}`,
      params: {
        postTitle: cut(event.postTitle, 20),
        commenterName: event.commenterName,
        content: cut(event.content, 30),
      },
      channels: ['push'],
    };
  },
  sample: ({ user, number }) => ({
    commentId: `comment-${number}`,
    postId: `post-${number}`,
    postTitle: 'Kafka로 알림 서비스 만들기',
    authorId: user,
    commenterId: `reader-${number}`,
    commenterName: '이영희',
    content: '좋은 글 감사합니다. 트랜잭션 부분이 특히 도움이 되었어요!',
    createdAt: '2026-02-06T10:12:00',
  }),
});
