import { newContact } from './new-contact.js';

describe('newContact', () => {
  it.each([
    ['hong@example.com', 'hong@example.com'],
    [' hong@example.com ', 'hong@example.com'],
    ['Hong.Gil-dong+allim@mail.example.co.kr', 'Hong.Gil-dong+allim@mail.example.co.kr'],
    [undefined, null],
    [null, null],
    ['', null],
    ['hong', null],
    ['hong@', null],
    ['hong@localhost', null],
    ['hong@example.com\r\nbcc: all@example.com', null],
    ['hong@example.com,kim@example.com', null],
    ['"Hong" <hong@example.com>', null],
    ['hong@example.com\u0000', null],
    [`${'h'.repeat(65)}@example.com`, null],
    [`hong@${'e'.repeat(300)}.com`, null],
  ])('takes the address %j for %j', (email, expected) => {
    expect(newContact('user-1', email, '홍길동')).toEqual({ userId: 'user-1', email: expected, name: '홍길동' });
  });

  it.each([
    ['홍길동', '홍길동'],
    [' 홍길동 ', '홍길동'],
    ['', null],
    ['홍\r\nbcc: all@example.com', null],
    ['홍'.repeat(101), null],
    ['😀'.repeat(100), '😀'.repeat(100)],
    ['{{constructor}} <img onerror>', '{{constructor}} <img onerror>'],
  ])('takes the name %j for %j', (name, expected) => {
    expect(newContact('user-1', 'hong@example.com', name).name).toBe(expected);
  });
});
