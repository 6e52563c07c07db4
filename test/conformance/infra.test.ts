import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPeer, root } from './peers.ts';

const linter = findPeer('cfn-lint');
const template = join(root, 'infra/bootstrap.yml');

function lint(path: string): { findings: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(linter ?? '', ['--include-checks', 'I', '--', path], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { findings: `${stdout}${stderr}`, status };
}

test('CloudFormation’s linter finds nothing in the bootstrap template', () => {
  if (linter === undefined) return;
  expect(lint(template)).toEqual({ findings: '', status: 0 });
});

test('the linter finds what is wrong', () => {
  if (linter === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-lint-'));
  try {
    const broken = join(folder, 'bootstrap.yml');
    writeFileSync(broken, readFileSync(template, 'utf8').replace('AWS::S3::Bucket\n', 'AWS::S3::Buckt\n'));
    const { findings, status } = lint(broken);
    expect(status).not.toBe(0);
    expect(findings).toContain('AWS::S3::Buckt');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
