import { z } from 'zod';
import { required } from '../fields.js';
import { defineTemplate } from './template.js';

/** A text of an operator's own, the same in every language. */
export const announcement = defineTemplate({
  name: 'announcement',
  category: 'notice',
  channels: ['push'],
  params: z.object({ title: required, message: required }),
  sample: { title: '서비스 점검 안내', message: '2월 8일 02:00부터 04:00까지 점검이 진행됩니다.' },
});
