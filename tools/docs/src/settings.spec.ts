import { z } from 'zod';
import { settingsDocument } from './settings.js';

const content = (shape: z.ZodRawShape) => settingsDocument([{ app: 'api', settings: z.object(shape) }]).content;

describe('settings document', () => {
  it('has a row with default and meaning for each setting', () => {
    const text = content({
      PORT: z.coerce.number().default(8084).describe('Port of HTTP.'),
      REDIS_URL: z.string().describe('Redis | as redis://.'),
      AUTH_ISSUER: z.string().optional().describe('Issuer.'),
    });
    expect(text).toContain('| `PORT` | `8084` | Port of HTTP. |\n');
    expect(text).toContain('| `REDIS_URL` | **required** | Redis \\| as redis://. |\n');
    expect(text).toContain('| `AUTH_ISSUER` | – | Issuer. |\n');
  });

  it('refuses a setting that nobody has described', () => {
    expect(() => content({ PORT: z.string() })).toThrow('api: PORT has no description');
  });
});
