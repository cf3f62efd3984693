import { subscribedTopics } from '@allim/catalogue';
import { eventsDocument } from './events.js';

const { content } = eventsDocument();
const section = (topic: string) => content.split('\n## ').find((part) => part.startsWith(`${topic}\n`)) ?? '';

describe('events.md', () => {
  it.each(subscribedTopics)('has a section for %s', (topic) => {
    expect(section(topic)).toContain(`[JSON Schema](schemas/${topic}.json)`);
  });

  it('says to whom, what, about what and where', () => {
    expect(section('blog.comment.replied')).toContain(
      '| `{parentCommentAuthorId}` | BLOG_REPLY | reply : `{replyId}` | `/blog/{postId}#comment-{parentCommentId}` | push | blog | normal |',
    );
    expect(section('prism.task.failed')).toContain('| task : `{taskId}`, once per `{executionId}` |');
    expect(section('shopping.timedeal.started')).toContain('| subscribers of `timedeal` | TIMEDEAL_STARTED |');
  });

  it('says what is needed, of which type, and what is cut', () => {
    expect(section('blog.post.commented')).toContain('| `commentId` | **yes** | id |  |');
    expect(section('blog.post.commented')).toContain('| `content` | no | shown text | cut after 30 characters |');
    expect(section('shopping.coupon.issued')).toContain('| `discountType` | **yes** | `PERCENTAGE`, `FIXED` |  |');
  });

  it('writes a type that may be null like one that may be absent', () => {
    expect(section('shopping.order.created')).toContain('| `createdAt` | no | time |  |');
    expect(section('notification.requested')).toContain('| `priority` | no | `high`, `normal`, `low` |  |');
  });

  it('lists the templates', () => {
    expect(section('notification.requested')).toContain('### Template announcement');
  });
});
