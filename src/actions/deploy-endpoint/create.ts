import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError } from '../../action-error.ts';
import { explainEndpointFailure } from '../../serving/endpoint-failure.ts';
import { describeEndpoint, type EndpointEnd, judgeCreation } from '../../serving/endpoint-state.ts';
import { variantName } from '../../serving/names.ts';
import type { Endpoint, Tags } from '../../serving/ports.ts';
import { formatSeconds } from '../../time/duration.ts';
import { waitFor } from '../../time/wait-for.ts';
import { packModel } from '../../workspace/pack-model.ts';
import { createStatusLine } from '../status-line.ts';
import type { DeployDeps, DeploySettings } from './deps.ts';
import type { Preparation } from './prepare.ts';

/** A container that crashes again and again takes AWS up to half an hour to give up on. */
const serviceMs = 60 * 60_000;
const goneMs = 15 * 60_000;
const loggedLines = 50;
const shownLines = 8;

/** Uploads model and serving code in one archive, unless the very same is there. */
export async function uploadModel(preparation: Preparation, deps: DeployDeps): Promise<void> {
  const { dataUri, model, code, release } = preparation;
  if (await deps.objects.head(dataUri)) return deps.log.info('Model and code are packed and uploaded already.');
  const trained = await deps.objects.openRead(model.uri);
  if (!trained) {
    throw new ActionError({
      kind: 'aws',
      message: `The trained archive ${model.uri} is gone since it was found.`,
      fix: 'Re-run this job; if it stays so, train again.',
    });
  }
  const path = join(deps.temp, `${release}.tar.gz`);
  try {
    const { modelFiles, codeFiles } = await packModel(trained, code.archive, path);
    deps.log.info(`Packed ${countFiles(modelFiles)} of the model and ${countFiles(codeFiles)} of code; uploading.`);
    await deps.objects.writeFile(dataUri, path, 'application/gzip');
  } finally {
    await rm(path, { force: true });
  }
}

const countFiles = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`;

/** Model, configuration and endpoint of the release, as far as they are not there; each tagged from its first moment. */
export async function createEndpoint(
  preparation: Preparation,
  settings: DeploySettings,
  tags: Tags,
  deps: DeployDeps,
): Promise<void> {
  const { release, decision } = preparation;
  if (decision.kind === 'create') await clearTheWay(release, decision.first, deps);
  await createModel(preparation, settings, tags, deps);
  await createConfig(preparation, settings, tags, deps);
  if (decision.kind === 'adopt') return;
  const outcome = await deps.endpoints.create({ name: release, configName: release, tags });
  deps.log.info(`Endpoint ${release}: ${outcome === 'created' ? 'created' : 'exists already'}; waiting until it serves.`);
}

/** An endpoint that failed, or is being deleted, holds its name. */
async function clearTheWay(release: string, first: 'nothing' | 'delete-failed' | 'wait-until-gone', deps: DeployDeps) {
  if (first === 'nothing') return;
  if (first === 'delete-failed') await deps.endpoints.delete(release);
  const waited = await waitFor({
    look: () => deps.endpoints.describe(release),
    judge: (seen) => (seen ? undefined : true),
    limitMs: goneMs,
    clock: deps.clock,
    signal: deps.signal,
  });
  if (waited.outcome !== 'timed-out') return;
  throw new ActionError({
    kind: 'aws',
    message: `The endpoint ${release} has been on its way out for ${goneMs / 60_000} minutes.`,
    fix: 'Look at it in the AWS console, and re-run this job when it is gone.',
  });
}

async function createModel({ release, dataUri }: Preparation, settings: DeploySettings, tags: Tags, deps: DeployDeps) {
  const { image, servingRole, serve, spec, region } = settings;
  const outcome = await deps.models.create({
    name: release,
    image,
    dataUri,
    roleArn: servingRole,
    environment: {
      SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
      ...serve.environment,
      SAGEMAKER_PROGRAM: serve.entryPoint,
      SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
      SAGEMAKER_REGION: region,
    },
    network: spec.network,
    tags,
  });
  if (outcome === 'created') return deps.log.info(`Model ${release}: created.`);
  const there = await deps.models.describe(release);
  if (there && (there.dataUri !== dataUri || there.image !== image)) throw taken('model', release, there.dataUri);
}

async function createConfig({ release, instances }: Preparation, settings: DeploySettings, tags: Tags, deps: DeployDeps) {
  const { serve, spec } = settings;
  const outcome = await deps.configs.create({
    name: release,
    modelName: release,
    variant: variantName,
    instanceType: serve.instanceType,
    instanceCount: instances.candidate,
    ...(spec.kmsKey === undefined ? {} : { kmsKey: spec.kmsKey }),
    tags,
  });
  if (outcome === 'created') return deps.log.info(`Configuration ${release}: created.`);
  const there = await deps.configs.describe(release);
  if (there && there.modelName !== release) throw taken('endpoint configuration', release, `the model ${there.modelName}`);
}

function taken(kind: string, name: string, seen: string): ActionError {
  return new ActionError({
    kind: 'conflict',
    message: `There is a ${kind} ${name} already, and it is another one: it names ${seen}. It was left alone.`,
    fix: 'Change `name` in trainyard.yml, or delete it if nobody needs it.',
  });
}

/** @throws ActionError with the reason and the container's own last lines when it does not come to serve */
export async function waitUntilServing(release: string, settings: DeploySettings, deps: DeployDeps): Promise<Endpoint> {
  const tell = createStatusLine(`Endpoint ${release}`, deps);
  const waited = await waitFor<Endpoint | undefined, EndpointEnd>({
    look: () => deps.endpoints.describe(release),
    judge: (seen, elapsedMs) => {
      tell(describeEndpoint(seen));
      return judgeCreation(seen, elapsedMs);
    },
    limitMs: serviceMs,
    clock: deps.clock,
    signal: deps.signal,
  });
  if (waited.outcome === 'reached' && waited.result.kind === 'in-service') return waited.result.endpoint;
  const reason =
    waited.outcome === 'reached' && waited.result.kind === 'failed'
      ? waited.result.reason
      : waited.outcome === 'timed-out'
        ? `It has not come to serve in ${formatSeconds(serviceMs / 1000)}.`
        : 'It is gone: somebody deleted it.';
  throw await explain(release, reason, settings, deps);
}

async function explain(release: string, reason: string, settings: DeploySettings, deps: DeployDeps): Promise<EndpointError> {
  const logTail = await deps.endpointLogs.tail(release, loggedLines);
  deps.log.untrusted(`Log of the container (${logTail.length} last lines)`, logTail);
  const { instanceType, entryPoint } = settings.serve;
  const { kind, sentence, fix } = explainEndpointFailure({ reason, logTail, instanceType, entryPoint });
  const last = logTail.slice(-shownLines).map((line) => `  ${line}`);
  const log = last.length > 0 ? ['Last lines of its container:', ...last] : ['Its container wrote no log.'];
  const said = sentence.includes(reason) ? [] : [`SageMaker says: ${reason}`];
  return new EndpointError({
    kind,
    message: [`The endpoint ${release} does not serve. ${sentence}`, ...said, ...log].join('\n'),
    fix,
    logTail,
  });
}

/** Why an endpoint did not come up, with the log for the record. */
export class EndpointError extends ActionError {
  readonly logTail: readonly string[];

  constructor(problem: ConstructorParameters<typeof ActionError>[0] & { logTail: readonly string[] }) {
    super(problem);
    this.logTail = problem.logTail;
  }
}
