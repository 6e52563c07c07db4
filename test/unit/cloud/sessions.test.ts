import { expect, test } from '@jest/globals';
import { createSessions } from '../../../src/cloud/services/sts/sessions.ts';

test('minted keys expire; keys of others are the account', () => {
  let now = new Date('2026-11-22T04:00:00Z');
  const clock = { now: () => now, sleep: async () => undefined };
  const sessions = createSessions({ clock, account: '000000000000' });
  const {
    AccessKeyId: key = '',
    SessionToken: token = '',
    Expiration: expires,
  } = sessions.mint({ arn: 'arn:session', userId: 'U' }, 900);
  expect(expires).toEqual(new Date('2026-11-22T04:15:00Z'));
  expect(sessions.identify(key, token)).toMatchObject({ arn: 'arn:session' });
  expect(sessions.identify(key, undefined)).toBe('wrong token');
  expect(sessions.identify('somebody', undefined)).toMatchObject({ arn: 'arn:aws:iam::000000000000:root' });
  now = new Date('2026-11-22T04:15:00Z');
  expect(sessions.identify(key, token)).toBe('expired');
});

test('sessions last no longer than the cloud allows', () => {
  const clock = { now: () => new Date('2026-11-22T04:00:00Z'), sleep: async () => undefined };
  const sessions = createSessions({ clock, account: '000000000000', maxSessionSeconds: 3 });
  const owner = { arn: 'arn:session', userId: 'U' };
  expect(sessions.mint(owner, 900).Expiration).toEqual(new Date('2026-11-22T04:00:03Z'));
  expect(sessions.mint(owner, 2).Expiration).toEqual(new Date('2026-11-22T04:00:02Z'));
});
