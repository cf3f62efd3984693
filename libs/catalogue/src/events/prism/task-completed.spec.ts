import { identity, told } from '../told.js';

const event = { taskId: 12, boardId: 7, userId: 'user-1', title: '주간 보고서', agentName: '문서 작성' };

describe('prism.task.completed', () => {
  it('names the task and the agent', () => {
    expect(told('prism.task.completed', { ...event, executionId: 'exec-1' })).toEqual({
      to: { userId: 'user-1' },
      type: 'PRISM_TASK_COMPLETED',
      link: '/prism/boards/7/tasks/12',
      reference: { type: 'task', id: '12' },
      channels: ['push'],
      priority: 'normal',
      category: 'prism',
      ko: ['AI 태스크가 완료되었습니다', '"주간 보고서" 태스크가 문서 작성 에이전트에 의해 완료되었습니다'],
      en: ['AI task completed', '"주간 보고서" was completed by the agent 문서 작성'],
    });
  });

  it('cuts the title after 30 characters', () => {
    expect(told('prism.task.completed', { ...event, title: '가'.repeat(31) })?.ko[1]).toContain(
      `"${'가'.repeat(30)}..."`,
    );
  });

  it('is told once per execution', () => {
    const of = (executionId?: string | null) => identity('prism.task.completed', { ...event, executionId }, 'user-1');
    expect(of('exec-1')).toBe(of('exec-1'));
    expect(of(null)).toBe(of(undefined));
    expect(new Set([of('exec-1'), of('exec-2'), of()]).size).toBe(3);
  });

  it.each(['taskId', 'boardId', 'userId'])('needs %s', (field) => {
    expect(() => told('prism.task.completed', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
