import { channelNames } from '@allim/contracts';
import { categories } from '../notice.js';
import { wantedByDefault } from './preferences.js';

describe('wantedByDefault', () => {
  it('is all but what costs money and what Kakao takes no promotions for', () => {
    const unwanted = channelNames.flatMap((channel) =>
      categories.filter((category) => !wantedByDefault(category, channel)).map((category) => `${channel} ${category}`),
    );
    expect(unwanted).toEqual([...categories.map((category) => `sms ${category}`), 'alimtalk promotion']);
  });
});
