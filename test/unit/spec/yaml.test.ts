import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseSpec } from '../../../src/spec/parse.ts';
import { linesOf, problemsOf, specOf } from './support.ts';

describe('YAML', () => {
  test.each([
    ['', '1 trainyard.yml: It holds no map of keys; it begins with name: …'],
    ['- a\n', '1 trainyard.yml: It holds no map of keys; it begins with name: …'],
    ['name: a\nname: b\n', '2 trainyard.yml:2:1: has a key a second time in the same map.'],
    ['name: a\n---\nname: b\n', '2 trainyard.yml:2:1: begins a second document; one is allowed.'],
    ['name: *a\n', '1 name: *a points to no anchor that is written above it.'],
    ['name: !!js/function x\n', '1 trainyard.yml:1:7: is not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function.'],
    ['name: a\n? [1]\n: 2\n', '2 trainyard.yml: has a key that is no plain text.'],
    ['name: a\n__proto__: { x: 1 }\n', '2 trainyard.yml: has a key that is no plain text.'],
  ])('%p', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  test('all syntax errors at once', () => {
    expect(problemsOf('a: "x\nb: [1\n').length).toBeGreaterThan(0);
    expect(problemsOf('name: a\nname: b\nregion: x\nregion: y\n')).toHaveLength(2);
  });

  test('aliases are followed', () => {
    const text = 'name: a\ntags: &t { team: x }\nenvironment: *t\n';
    expect(specOf(text)).toMatchObject({ environment: { team: 'x' } });
  });

  test('aliases that multiply are refused before they do', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    expect(problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toMatchObject([
      { message: expect.stringContaining('once its aliases are followed') },
    ]);
  });

  test('an alias to what holds it ends', () => {
    expect(problemsOf('name: a\ntags: &t { a: *t }\n')).not.toEqual([]);
  });

  test.each([100, 20_000])('%d open brackets', (count) => {
    expect(problemsOf(`name: ${'['.repeat(count)}`)).not.toEqual([]);
    expect(problemsOf(`name: ${'['.repeat(count)}${']'.repeat(count)}`)).not.toEqual([]);
  });

  test('a file that is too large', () => {
    expect(problemsOf(`name: a # ${'ä'.repeat(131_072)}`)).toMatchObject([
      { message: expect.stringContaining('262144 are read at most') },
    ]);
  });

  test('merge keys are refused with a way out', () => {
    expect(problemsOf('name: a\ntags: &t { x: y }\nroles:\n  <<: *t\n')).toMatchObject([
      { name: 'roles.<<', fix: expect.stringContaining('environments') },
    ]);
  });
});

/** Whether a text is read or refused in a way that helps. */
function isJudged(text: string): boolean {
  const result = parseSpec(text, 'f.yml', 'production');
  return (
    'spec' in result ||
    result.problems.every(({ message, fix, where }) => message !== '' && fix !== '' && (where?.line ?? 1) >= 1)
  );
}

describe('whatever stands in the file', () => {
  test('any text is a spec or a list of problems', () => {
    expect(() => fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), isJudged), { numRuns: 200 })).not.toThrow();
  });

  test('any YAML-like text too', () => {
    const piece = fc.constantFrom(
      'name',
      ': ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '|',
      '>',
      '"',
      "'",
      '#',
      '  ',
      '!!map ',
      '? ',
      ',',
      '<<',
      'train',
      'runs',
      '0x1',
      '.nan',
      '~',
      '---\n',
      '%',
    );
    expect(() =>
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => isJudged(pieces.join(''))),
        { numRuns: 200 },
      ),
    ).not.toThrow();
  });

  test('any JSON value under any key too', () => {
    const key = fc.constantFrom(
      'name',
      'roles',
      'network',
      'data',
      'tags',
      'metrics',
      'train',
      'tune',
      'serve',
      'scaling',
      'smoke',
      'environments',
      'request',
      'budget',
      'hyperparameters',
      'code',
      'image',
    );
    expect(() =>
      fc.assert(
        fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 4 })), (value) => isJudged(JSON.stringify(value))),
        { numRuns: 200 },
      ),
    ).not.toThrow();
  });
});
