import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { readSource, sourceText } from '../../spec/data-source.ts';
import { s3UriPattern } from '../../spec/fields.ts';
import type { Spec } from '../../spec/spec.ts';
import type { StageRequest } from '../../staging/stage.ts';
import { parseTarget } from '../../staging/target.ts';
import type { Inputs } from './inputs.generated.ts';

type Asked = Pick<Inputs, 'from' | 'to' | 'delete' | 'dryRun'>;

/**
 * What is to be staged: what the inputs name, else the channels of the spec that have a target.
 * @throws ActionError with everything that is wrong
 */
export function chooseRequests(asked: Asked, spec: Spec | undefined, log: Pick<Log, 'info'>): StageRequest[] {
  const { from, to, delete: removes, dryRun } = asked;
  if (from === undefined && to === undefined) return chooseChannels(asked, spec, log);
  const problems: Problem[] = [];
  if (from === undefined || to === undefined) {
    const [missing, other] = from === undefined ? ['from', 'to'] : ['to', 'from'];
    problems.push({
      name: `input ${missing}`,
      message: `It is empty, and ${other} is set; they are needed together.`,
      fix: `Add ${missing}, or remove ${other} to stage the channels of the spec.`,
    });
  }
  problems.push(...findSourceProblems(from), ...findTargetProblems('input to', to));
  throwProblems(problems);
  return [{ name: 'data', from: readSource(from ?? ''), to: to ?? '', delete: removes, dryRun }];
}

function findSourceProblems(from: string | undefined): Problem[] {
  if (from === undefined) return [];
  const issue = sourceText.safeParse(from).error?.issues[0];
  if (!issue) return [];
  const message = `It is ${JSON.stringify(from.replace(/\?.*$/s, '?…'))}; it must be ${issue.message}.`;
  return [{ name: 'input from', message, fix: 'Write https://host/path, s3://bucket/prefix, or a folder.' }];
}

/** @param where of the key, when it is one of the spec */
function findTargetProblems(name: string, to: string | undefined, where?: Problem['where']): Problem[] {
  if (to === undefined) return [];
  const more = where ? { where } : {};
  if (!s3UriPattern.test(to)) {
    const message = `It is ${JSON.stringify(to)}; it must be an s3:// prefix with a legal bucket name.`;
    return [{ name, message, fix: 'Write it as s3://bucket/prefix.', ...more }];
  }
  try {
    parseTarget(to);
    return [];
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return [{ name, message: error.message, fix: error.fix, ...more }];
  }
}

function chooseChannels({ delete: removes, dryRun }: Asked, spec: Spec | undefined, log: Pick<Log, 'info'>): StageRequest[] {
  const requests: StageRequest[] = [];
  const problems: Problem[] = [];
  for (const [channel, { from, to }] of Object.entries(spec?.data ?? {})) {
    const name = `data.${channel}`;
    const line = spec?.lines[`${name}.to`];
    if (to === undefined)
      log.info(`${name}: nothing to stage: ${from.kind === 's3' ? 'it is used where it is' : 'training uploads the folder'}.`);
    else {
      const where = { file: spec?.path ?? '', ...(line === undefined ? {} : { line }) };
      problems.push(...findTargetProblems(`${name}.to`, to, where));
      requests.push({ name, from, to, delete: removes, dryRun });
    }
  }
  throwProblems(problems);
  if (requests.length > 0) return requests;
  throw new ActionError({
    kind: 'input',
    message: `${spec?.path ?? 'The spec'} has no channel under data with an https source and a target, so there is nothing to stage.`,
    fix: 'Set the inputs from and to, or add data: { training: { from: https://…, to: s3://… } } to the spec.',
  });
}
