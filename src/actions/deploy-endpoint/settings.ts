import type { Problem } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import { findSeconds } from '../../spec/duration.ts';
import { resolveImage } from '../../spec/images.ts';
import type { ServeSpec, Spec } from '../../spec/spec.ts';
import { problemOf } from '../train-model/choose.ts';
import type { DeploySettings } from './deps.ts';
import type { Inputs } from './inputs.generated.ts';

type Asked = Pick<Inputs, 'model' | 'candidateTtl' | 'dryRun'>;

/** GitHub waits as long for an approval. */
const maxTtlSeconds = 30 * 86_400;

const roleFix = (parameter: string) =>
  `Add it as the outputs of infra/bootstrap.yml say (output Spec, ${parameter}); deploy that template first if the account has none.`;

/**
 * Puts inputs, spec and context together. Without I/O.
 * @param today YYYY-MM-DD
 * @returns settings, and everything that is missing; the settings may be used only when nothing is
 */
export function getDeploySettings(
  spec: Spec,
  asked: Asked,
  place: { region: string; bucket: string },
  context: RunContext,
  today: string,
): { settings: DeploySettings; warnings: string[]; problems: Problem[] } {
  const problems: Problem[] = [...findRefProblem(context), ...findInputProblems(asked, place.bucket)];
  const need = <T>(value: T | undefined, key: string, instead: T, fix: string): T => {
    if (value === undefined)
      problems.push(problemOf(spec, key, `${key} is needed to deploy, and ${spec.path} does not set it.`, fix));
    return value ?? instead;
  };
  const serve = need(
    spec.serve,
    'serve',
    noServe,
    'Say how the model is served: serve: { entry-point: inference.py, instance-type: ml.m5.large }.',
  );
  const codeDirectory = need(
    spec.code?.directory,
    'code',
    '',
    'Name the folder with the serving code: code: { directory: …, entry-point: … }.',
  );
  const image = spec.serve ? resolveImage(serve.image, place.region, today) : undefined;
  const imageKey = spec.lines['serve.image'] === undefined ? 'image' : 'serve.image';
  if (image && 'fix' in image) problems.push(problemOf(spec, imageKey, image.message, image.fix));
  const resolved = image && 'uri' in image ? image : { uri: '', warnings: [] };
  const ttl = asked.candidateTtl === undefined ? undefined : findSeconds(asked.candidateTtl);
  return {
    settings: {
      ...place,
      spec,
      serve,
      servingRole: need(spec.roles.serving, 'roles.serving', '', roleFix('roles.serving: the role of endpoints')),
      lambdaRole: need(spec.roles.lambda, 'roles.lambda', '', roleFix('roles.lambda: the role of the function')),
      image: resolved.uri,
      codeDirectory,
      candidateTtlSeconds: ttl ?? serve.candidateTtlSeconds,
      model: asked.model,
      dryRun: asked.dryRun,
      today,
    },
    warnings: resolved.warnings,
    problems,
  };
}

/** Stands for a missing `serve` while the other problems are found; never used. */
const noServe: ServeSpec = {
  entryPoint: '',
  image: '',
  instanceType: '',
  instanceCount: 1,
  strategy: 'alias',
  environment: {},
  lambda: { memoryMb: 256, timeoutSeconds: 30 },
  candidateTtlSeconds: 7200,
  keepPreviousSeconds: 3600,
  rollout: { kind: 'all-at-once', waitSeconds: 0, alarms: [] },
};

/** What is live comes from a tag or from the default branch: a pull request's code has not been reviewed. */
function findRefProblem(context: RunContext): Problem[] {
  const { ref, defaultBranch, event } = context;
  if (!context.pullRequest && (ref.startsWith('refs/tags/') || ref === `refs/heads/${defaultBranch}`)) return [];
  const message = `A release is deployed from a tag or from ${defaultBranch}, and this run is of ${ref} (event ${event}).`;
  return [{ name: 'workflow', message, fix: `Push a tag (v1.2.3), or start the workflow on ${defaultBranch}.` }];
}

function findInputProblems({ model, candidateTtl }: Asked, bucket: string): Problem[] {
  const problems: Problem[] = [];
  if (model !== undefined && !/^s3:\/\/[^/]+\/.+/.test(model)) {
    problems.push({
      name: 'input model',
      message: `It is ${JSON.stringify(model)}; it must be the address of an object in S3.`,
      fix: 'Write s3://bucket/key of a model.tar.gz.',
    });
  }
  if (model?.startsWith(`s3://${bucket}/trainyard/pr/`)) {
    problems.push({
      name: 'input model',
      message: `${model} is among what pull requests write: whoever may push a branch could have put it there.`,
      fix: 'Let main train it: merge, and leave the input empty. Or look at the archive, and copy it elsewhere yourself.',
    });
  }
  const seconds = candidateTtl === undefined ? 1 : findSeconds(candidateTtl);
  if (seconds === undefined || seconds > maxTtlSeconds) {
    problems.push({
      name: 'input candidate-ttl',
      message: `It is ${JSON.stringify(candidateTtl)}; it must be a time of at most 30d.`,
      fix: 'Write e.g. 90m, 2h or 1d.',
    });
  }
  return problems;
}
