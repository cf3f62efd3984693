import { told } from '../told.js';

const event = {
  likeId: 'like-1',
  postId: 'post-1',
  postTitle: '첫 글',
  authorId: 'author-1',
  likerId: 'reader-1',
  likerName: '김철수',
};

describe('blog.post.liked', () => {
  it('tells the author who liked what', () => {
    expect(told('blog.post.liked', event)).toEqual({
      to: { userId: 'author-1' },
      type: 'BLOG_LIKE',
      link: '/blog/post-1',
      reference: { type: 'like', id: 'like-1' },
      channels: [],
      priority: 'normal',
      category: 'blog',
      ko: ['게시글에 좋아요가 달렸습니다', '"첫 글"에 김철수님이 좋아요를 눌렀습니다'],
      en: ['Your post was liked', '김철수 liked "첫 글"'],
    });
  });

  it('tells nobody of their own like, also where one id is a number', () => {
    expect(told('blog.post.liked', { ...event, authorId: 5, likerId: '5' })).toBeNull();
  });

  it('cuts the title after 30 characters and says nothing in place of an absent name', () => {
    const event31 = { ...event, postTitle: 'a'.repeat(31), likerName: null };
    expect(told('blog.post.liked', event31)?.ko[1]).toBe(`"${'a'.repeat(30)}..."에 님이 좋아요를 눌렀습니다`);
  });

  it.each(['likeId', 'postId', 'authorId', 'likerId'])('needs %s', (field) => {
    expect(() => told('blog.post.liked', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
