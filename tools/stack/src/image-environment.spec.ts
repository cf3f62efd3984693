import { readFileSync } from 'node:fs';
import { imageEnvironment } from './image-environment.js';
import { workspace } from './workspace.js';

it('is what the image says', () => {
  const said = readFileSync(`${workspace}docker/Dockerfile`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('ENV '));
  for (const [name, value] of Object.entries(imageEnvironment)) expect(said.join(' ')).toContain(` ${name}=${value}`);
});
