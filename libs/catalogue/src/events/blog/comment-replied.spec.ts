import { told } from '../told.js';

const event = {
  replyId: 'reply-1',
  postId: 'post-1',
  parentCommentId: 'comment-1',
  parentCommentAuthorId: 'reader-1',
  replierId: 'author-1',
  replierName: '박민수',
  content: '감사합니다',
};

describe('blog.comment.replied', () => {
  it('tells the author of the comment', () => {
    expect(told('blog.comment.replied', event)).toEqual({
      to: { userId: 'reader-1' },
      type: 'BLOG_REPLY',
      link: '/blog/post-1#comment-comment-1',
      reference: { type: 'reply', id: 'reply-1' },
      channels: ['push'],
      priority: 'normal',
      category: 'blog',
      ko: ['댓글에 답글이 달렸습니다', '박민수님이 회원님의 댓글에 답글을 달았습니다: 감사합니다'],
      en: ['New reply to your comment', '박민수 replied to your comment: 감사합니다'],
    });
  });

  it('cuts the reply after 40 characters', () => {
    expect(told('blog.comment.replied', { ...event, content: '👍🏽'.repeat(41) })?.ko[1]).toBe(
      `박민수님이 회원님의 댓글에 답글을 달았습니다: ${'👍🏽'.repeat(40)}...`,
    );
  });

  it('tells nobody of their own reply', () => {
    expect(told('blog.comment.replied', { ...event, replierId: 'reader-1' })).toBeNull();
  });

  it.each(['replyId', 'postId', 'parentCommentId', 'parentCommentAuthorId', 'replierId'])('needs %s', (field) => {
    expect(() => told('blog.comment.replied', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
