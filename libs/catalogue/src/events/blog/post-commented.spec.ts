import { told } from '../told.js';

const event = {
  commentId: 'comment-1',
  postId: 'post-1',
  postTitle: '첫 글',
  authorId: 'author-1',
  commenterId: 'reader-1',
  commenterName: '이영희',
  content: '좋은 글이네요',
};

describe('blog.post.commented', () => {
  it('tells the author what was said', () => {
    expect(told('blog.post.commented', event)).toEqual({
      to: { userId: 'author-1' },
      type: 'BLOG_COMMENT',
      link: '/blog/post-1',
      reference: { type: 'comment', id: 'comment-1' },
      channels: ['push'],
      priority: 'normal',
      category: 'blog',
      ko: ['게시글에 새 댓글이 달렸습니다', '"첫 글"에 이영희님이 댓글을 달았습니다: 좋은 글이네요'],
      en: ['New comment on your post', '이영희 commented on "첫 글": 좋은 글이네요'],
    });
  });

  it('cuts the title after 20 characters and the comment after 30, however long it is', () => {
    const long = { ...event, postTitle: 'a'.repeat(21), content: '나'.repeat(50_000) };
    expect(told('blog.post.commented', long)?.ko[1]).toBe(
      `"${'a'.repeat(20)}..."에 이영희님이 댓글을 달았습니다: ${'나'.repeat(30)}...`,
    );
  });

  it('tells nobody of their own comment', () => {
    expect(told('blog.post.commented', { ...event, commenterId: 'author-1' })).toBeNull();
  });

  it.each(['commentId', 'postId', 'authorId', 'commenterId'])('needs %s', (field) => {
    expect(() => told('blog.post.commented', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
