import { describe, expect, test } from '@jest/globals';
import { assert, property, string } from 'fast-check';
import { findCommand } from '../../../src/cli/rehearse/commands.ts';
import { parseEnvFile } from '../../../src/cli/rehearse/env-file.ts';
import { expandMatrix } from '../../../src/cli/rehearse/matrix.ts';
import { matchesPatterns } from '../../../src/cli/rehearse/patterns.ts';
import { tokenPermissions } from '../../../src/cli/rehearse/permissions.ts';

describe('workflow commands', () => {
  test.each([
    ['::error::no', { name: 'error', properties: {}, message: 'no' }],
    ['  ::notice file=a b.txt,line=3::x', { name: 'notice', properties: { file: 'a b.txt', line: '3' }, message: 'x' }],
    ['::warning title=50%25%2C half%3A::a%0Ab', { name: 'warning', properties: { title: '50%, half:' }, message: 'a\nb' }],
    ['::946fb178-7c3c::', { name: '946fb178-7c3c', properties: {}, message: '' }],
    ['::endgroup::', { name: 'endgroup', properties: {}, message: '' }],
    ['::error title=a::b::c', { name: 'error', properties: { title: 'a' }, message: 'b::c' }],
  ])('%s', (line, command) => {
    expect(findCommand(line)).toEqual(command);
  });
  test.each(['plain', 'std::vector', 'epoch 3 ::error::x', '::', ': :error::'])('%s is a plain line', (line) => {
    expect(findCommand(line)).toBeUndefined();
  });
});

describe('file commands', () => {
  test.each([
    [
      'a=1\nb=x=y\n',
      [
        ['a', '1'],
        ['b', 'x=y'],
      ],
    ],
    [
      'a<<E\n1\n\n2\nE\nb=\n',
      [
        ['a', '1\n\n2'],
        ['b', ''],
      ],
    ],
    ['a=x<<y\n', [['a', 'x<<y']]],
    ['', []],
  ])('%j', (text, pairs) => {
    expect(parseEnvFile(text)).toEqual(pairs);
  });
  test.each([
    ['nonsense', "Invalid format 'nonsense'"],
    ['=x', "Invalid format '=x'"],
    ['a<<E\n1\n', "Matching delimiter not found 'E'"],
  ])('%j is refused', (text, message) => {
    expect(() => parseEnvFile(text)).toThrow(message);
  });
  test('any value written with a delimiter of its own comes back', () => {
    const value = string().map((text) => text.replaceAll(/\r?\n|\r/g, '\n'));
    assert(property(value, (text) => expect(parseEnvFile(`n<<ghd-1\n${text}\nghd-1\n`)).toEqual([['n', text]])));
  });
});

describe('matrix', () => {
  test.each([
    [{ a: [1, 2], b: ['x', 'y'] }, ['1x', '1y', '2x', '2y']],
    [{ a: [1, 2], b: ['x', 'y'], exclude: [{ a: 1, b: 'y' }, { a: 2 }] }, ['1x']],
    [{ include: [{ a: 1 }, { a: 2, b: 'z' }] }, ['1', '2z']],
    [{ a: [1, 2], include: [{ b: 'all' }, { a: 2, c: '!' }, { a: 3, b: 'own' }] }, ['1all', '2all!', '3own']],
    [{ a: [] }, []],
  ])('%j', (matrix, legs) => {
    expect(expandMatrix(matrix).map((leg) => Object.values(leg).join(''))).toEqual(legs);
  });
});

describe('patterns', () => {
  test.each([
    ['main', ['main'], true],
    ['release/1', ['release/*'], true],
    ['release/1/2', ['release/*'], false],
    ['training/digits/train.py', ['training/**'], true],
    ['docs/a.md', ['**.md'], true],
    ['docs/a.md', ['**/*.md', '!docs/**'], false],
    ['a.md', ['**/*.md'], true],
    ['v1.2', ['v[0-9].*'], true],
    ['axmd', ['a.md'], false],
    ['x', [], false],
  ] as const)('%s under %j: %s', (name, patterns, matches) => {
    expect(matchesPatterns(name, patterns)).toBe(matches);
  });
});

describe('permissions', () => {
  test.each([
    [undefined, undefined, false, { contents: 'read', packages: 'read' }],
    [{ contents: 'read' }, { 'id-token': 'write' }, false, { 'id-token': 'write' }],
    [{ 'pull-requests': 'write', 'id-token': 'write' }, undefined, true, { 'pull-requests': 'read', 'id-token': 'none' }],
    [{}, undefined, false, {}],
  ] as const)('workflow %j, job %j, fork %s → %j', (workflow, job, fork, permissions) => {
    expect(tokenPermissions(workflow, job, fork)).toEqual(permissions);
  });
  test('read-all gives no identity token, write-all does', () => {
    expect(tokenPermissions('read-all', undefined, false)).toMatchObject({ issues: 'read', 'id-token': 'none' });
    expect(tokenPermissions('write-all', undefined, false)).toMatchObject({ issues: 'write', 'id-token': 'write' });
  });
});
