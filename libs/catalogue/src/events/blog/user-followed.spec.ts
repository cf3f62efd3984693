import { told } from '../told.js';

const event = { followId: 'follow-1', followeeId: 'user-1', followerId: 'user-2', followerName: '최지우' };

describe('blog.user.followed', () => {
  it('tells who follows', () => {
    expect(told('blog.user.followed', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'BLOG_FOLLOW',
      link: '/blog/users/user-1/followers',
      reference: { type: 'follow', id: 'follow-1' },
      channels: [],
      priority: 'normal',
      category: 'blog',
      ko: ['새 팔로워가 생겼습니다', '최지우님이 회원님을 팔로우하기 시작했습니다'],
      en: ['You have a new follower', '최지우 started following you'],
    });
  });

  it('tells nobody who follows themselves', () => {
    expect(told('blog.user.followed', { ...event, followerId: 'user-1' })).toBeNull();
  });

  it.each(['followId', 'followeeId', 'followerId'])('needs %s', (field) => {
    expect(() => told('blog.user.followed', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
