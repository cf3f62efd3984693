import { identity, told } from '../told.js';

const event = { taskId: 12, boardId: 7, userId: 'user-1', title: '주간 보고서', errorMessage: '응답 시간 초과' };

describe('prism.task.failed', () => {
  it('gives the error', () => {
    expect(told('prism.task.failed', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'PRISM_TASK_FAILED',
      link: '/prism/boards/7/tasks/12',
      reference: { type: 'task', id: '12' },
      channels: ['push'],
      priority: 'normal',
      category: 'prism',
      ko: ['AI 태스크가 실패했습니다', '"주간 보고서" 태스크 실행 실패: 응답 시간 초과'],
      en: ['AI task failed', '"주간 보고서" failed: 응답 시간 초과'],
    });
  });

  it('cuts the title after 25 characters and the error after 30', () => {
    const long = { ...event, title: '가'.repeat(26), errorMessage: 'e'.repeat(31) };
    expect(told('prism.task.failed', long)?.ko[1]).toBe(
      `"${'가'.repeat(25)}..." 태스크 실행 실패: ${'e'.repeat(30)}...`,
    );
  });

  it('is told once per execution', () => {
    const of = (executionId?: string) => identity('prism.task.failed', { ...event, executionId }, 'user-1');
    expect(new Set([of('exec-1'), of('exec-2'), of()]).size).toBe(3);
  });

  it.each(['taskId', 'boardId', 'userId'])('needs %s', (field) => {
    expect(() => told('prism.task.failed', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
