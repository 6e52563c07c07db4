import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Commit } from '../../cloud/github/state.ts';

const run = promisify(execFile);
const historyLength = 51;
const defaultBranch = 'main';

/** What the rehearsal takes from the user's git repository. */
export interface RepositoryFacts {
  /** Top folder of the working tree. */
  readonly root: string;
  readonly owner: string;
  readonly name: string;
  /** Newest first; synthetic when there is no git. */
  readonly commits: readonly Commit[];
  readonly head: string;
  readonly base: string;
  readonly branch: string;
  readonly defaultBranch: string;
  readonly git: boolean;
  /** Paths that differ from HEAD. */
  readonly dirty: readonly string[];
  /** Paths that differ between base and the working tree. */
  readonly changed: readonly string[];
}

export async function readRepository(folder: string): Promise<RepositoryFacts> {
  const root = (await git(folder, 'rev-parse', '--show-toplevel'))?.trim();
  const log = root && (await git(root, 'log', '-n', String(historyLength), '--format=%H%x1f%P%x1f%cI%x1f%s', 'HEAD'));
  if (!root || !log) return withoutGit(folder);
  const commits = log.trimEnd().split('\n').map(parseCommit);
  const head = commits[0]?.sha ?? '';
  const forkPoint = await findForkPoint(root, head);
  const base = commits.find(({ sha }) => sha === forkPoint)?.sha ?? commits[0]?.parents[0] ?? head;
  const [remote, branch, status, diff] = await Promise.all([
    git(root, 'remote', 'get-url', 'origin'),
    git(root, 'symbolic-ref', '--short', 'HEAD'),
    git(root, 'status', '--porcelain', '-z', '--no-renames'),
    git(root, 'diff', '--name-only', '-z', '--no-renames', base, 'HEAD'),
  ]);
  const dirty = splitNul(status).map((entry) => entry.slice(3));
  const current = branch?.trim();
  return {
    root,
    ...parseRemote(remote?.trim(), root),
    commits,
    head,
    base,
    branch: !current || current === defaultBranch ? 'rehearsal' : current,
    defaultBranch,
    git: true,
    dirty,
    changed: [...new Set([...splitNul(diff), ...dirty])],
  };
}

/** Every file that git would commit: tracked ones and new ones that are not ignored; undefined without git. */
export async function listFiles(root: string): Promise<string[] | undefined> {
  const list = await git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  return list === undefined ? undefined : [...new Set(splitNul(list))];
}

async function git(cwd: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', args, { cwd, maxBuffer: 64 << 20, env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } });
    return stdout;
  } catch {
    return undefined;
  }
}

/** Where the work left the default branch; undefined on that branch itself, or where it is not known. */
async function findForkPoint(root: string, head: string): Promise<string | undefined> {
  for (const branch of [`origin/${defaultBranch}`, defaultBranch]) {
    const sha = (await git(root, 'merge-base', 'HEAD', branch))?.trim();
    if (sha && sha !== head) return sha;
  }
  return undefined;
}

function parseCommit(line: string): Commit {
  const [sha = '', parents = '', date = '', message = ''] = line.split('\u001F');
  return { sha, parents: parents.split(' ').filter(Boolean), date: new Date(date).toISOString(), message };
}

function parseRemote(remote: string | undefined, root: string): { owner: string; name: string } {
  const match = /[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(remote ?? '');
  return { owner: match?.[1] ?? 'local', name: match?.[2] ?? (basename(root).replaceAll(/[^\w.-]/g, '-') || 'repository') };
}

/** Two commits made from the folder's name alone, so that names and hashes stay the same from one rehearsal to the next. */
function withoutGit(folder: string): RepositoryFacts {
  const sha = (text: string) => createHash('sha1').update(`${folder}\0${text}`).digest('hex');
  const date = new Date(0).toISOString();
  const [base, head] = [sha('base'), sha('head')];
  return {
    root: folder,
    ...parseRemote(undefined, folder),
    commits: [
      { sha: head, parents: [base], date, message: 'The folder as it is' },
      { sha: base, parents: [], date, message: 'An empty start' },
    ],
    head,
    base,
    branch: 'rehearsal',
    defaultBranch,
    git: false,
    dirty: [],
    changed: [],
  };
}

function splitNul(text: string | undefined): string[] {
  return (text ?? '').split('\0').filter(Boolean);
}
