import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const commentReplied = defineEvent({
  topic: 'blog.comment.replied',
  category: 'blog',
  schema: z.object({
    replyId: id,
    postId: id,
    parentCommentId: id,
    parentCommentAuthorId: person,
    replierId: person,
    replierName: shown,
    content: shown,
    createdAt: optional(time),
  }),
  notify: (event) => {
    if (event.replierId === event.parentCommentAuthorId) return null;
    return {
      to: event.parentCommentAuthorId,
      type: 'BLOG_REPLY',
      reference: { type: 'reply', id: event.replyId },
      link: `/blog/${segment(event.postId)}#comment-${segment(event.parentCommentId)}`,
      params: { replierName: event.replierName, content: cut(event.content, 40) },
      channels: ['push'],
    };
  },
  sample: ({ user, number }) => ({
    replyId: `reply-${number}`,
    postId: `post-${number}`,
    parentCommentId: `comment-${number}`,
    parentCommentAuthorId: user,
    replierId: `writer-${number}`,
    replierName: '박민수',
    content: '도움이 되었다니 다행입니다.',
    createdAt: '2026-02-06T10:20:00',
  }),
});
