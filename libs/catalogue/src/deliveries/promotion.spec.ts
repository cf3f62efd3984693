import { outsideTitle } from './promotion.js';

describe('outsideTitle', () => {
  it.each([
    ['promotion', '봄맞이 할인', '(광고) 봄맞이 할인'],
    ['promotion', 'Spring sale', '(광고) Spring sale'],
    ['promotion', '(광고) 봄맞이 할인', '(광고) 봄맞이 할인'],
    ['promotion', ' (광고)봄맞이 할인', ' (광고)봄맞이 할인'],
    ['promotion', '봄맞이 할인 (광고)', '(광고) 봄맞이 할인 (광고)'],
    ['promotion', '', '(광고) '],
    ['notice', '점검 안내', '점검 안내'],
    ['order', '', ''],
  ])('of %s %j is %j', (category, title, expected) => {
    expect(outsideTitle({ category, title })).toBe(expected);
  });
});
