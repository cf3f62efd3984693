import { z } from 'zod';
import { link, required } from '../fields.js';
import { defineTemplate } from './template.js';

/** A promotion of an operator's own. The rules of promotions hold for it: consent, night, label. */
export const campaign = defineTemplate({
  name: 'campaign',
  category: 'promotion',
  priority: 'low',
  channels: ['email', 'push'],
  params: z.object({ title: required, message: required, link }),
  link: (params) => params.link,
  sample: {
    title: '봄맞이 할인',
    message: '오늘부터 사흘간 전 상품을 20% 할인합니다.',
    link: '/shopping/events/spring',
  },
});
