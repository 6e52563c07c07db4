import { describe, expect, test } from '@jest/globals';
import { problemsOf } from './support.ts';

describe('a fix names a spelling that is allowed', () => {
  test.each([
    ['name: Dog', 'Write dog.'],
    ['name: Dog Breeds', 'Write dog-breeds.'],
    ['name: dog_breeds', 'Write dog-breeds.'],
    ['name: 犬', 'Correct the value.'],
    ['name:', 'Correct the value.'],
    ['name: [a]', 'Correct the value.'],
    ['name: a\nbucket: My_Bucket', 'Write my-bucket.'],
    ['name: a\nnetwork: { isolation: yes }', 'Write true.'],
    ["name: a\nvolume-gb: '50'", 'Write 50.'],
    ['name: a\nvolume-gb: 50 GB', 'Correct the value.'],
    ['name: a\nserve: { candidate-ttl: 2 hours }', 'Write 2h.'],
    ['name: a\nserve: { candidate-ttl: 90min }', 'Write 90m.'],
    ['name: a\nserve: { candidate-ttl: 90 }', 'Correct the value.'],
    ['name: a\ntune: { strategy: Bayesian }', 'Write bayesian.'],
    ['name: a\nregion: US-EAST-1', 'Write us-east-1.'],
  ])('%j', (text, fix) => {
    const wrong = problemsOf(text).find(({ message }) => message.startsWith('It is ') && !message.startsWith('It is missing'));
    expect(wrong?.fix).toBe(fix);
  });
});
