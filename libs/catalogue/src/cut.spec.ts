import { cut } from './cut.js';

describe('cut', () => {
  it.each([
    ['', 3, ''],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc...'],
    ['가나다라', 3, '가나다...'],
    ['👨‍👩‍👧‍👦👍🏽🇰🇷', 3, '👨‍👩‍👧‍👦👍🏽🇰🇷'],
    ['👨‍👩‍👧‍👦👍🏽🇰🇷!', 3, '👨‍👩‍👧‍👦👍🏽🇰🇷...'],
    ['abce\u0301', 4, 'abce\u0301'],
    ['abe\u0301d', 3, 'abe\u0301...'],
    ['각각각각'.normalize('NFD'), 3, `${'각각각'.normalize('NFD')}...`],
    // A trailing consonant after a whole syllable belongs to it.
    ['ab가\u11a8', 3, 'ab가\u11a8'],
    ['a\r\nb', 3, 'a\r\nb'],
    ['a\r\nbc', 3, 'a\r\nb...'],
  ])('%j after %i is %j', (text, most, expected) => {
    expect(cut(text, most)).toBe(expected);
  });

  it('agrees with the segmenter where it takes the short way', () => {
    const text = 'Kafka로 알림 서비스 만들기: 漢字 "quoted" & more, 끝까지 읽어주세요';
    const graphemes = [...new Intl.Segmenter('ko').segment(text)].map(({ segment }) => segment);
    for (let most = 1; most < graphemes.length; most++) {
      expect(cut(text, most)).toBe(`${graphemes.slice(0, most).join('')}...`);
    }
  });
});
