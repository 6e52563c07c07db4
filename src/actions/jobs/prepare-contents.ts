import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import type { DataChannel, Spec } from '../../spec/spec.ts';
import type { PlanBasis } from '../../training/plan.ts';
import { problemOf } from '../train-model/choose.ts';
import { type Prepared, prepareChannel, prepareCode } from '../train-model/contents.ts';
import type { TrainDeps } from '../train-model/deps.ts';
import type { JobPlace } from './place.ts';

type ContentDeps = Pick<TrainDeps, 'objects' | 'workspace' | 'readText' | 'launcher' | 'zone' | 'log' | 'stage'>;

/**
 * Looks at everything that a job will read: packs the code, lists or hashes the data. Nothing is written, but for data that has to be
 * brought to S3 first: that happens when nothing else is wrong.
 * @returns contents to upload, what is wrong with them, and what plans are made from
 */
export async function prepareContents(
  settings: JobPlace & { readonly spec: Spec; readonly hyperparameters: Readonly<Record<string, string>> },
  deps: ContentDeps,
): Promise<{ contents: Prepared[]; found: Problem[]; planBasis: PlanBasis }> {
  const { spec } = settings;
  const found: Problem[] = [];
  const collect = async <T>(key: string, work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      found.push(...(error.problems.length > 0 ? error.problems : [problemOf(spec, key, error.message, error.fix)]));
      return undefined;
    }
  };
  await collect('bucket', deps.objects.checkBucket(settings.bucket));
  // Without a bucket nothing else that lies in S3 can be looked at, and every look would repeat the same complaint.
  throwProblems(found, 'configuration');
  const code = await collect('code.directory', prepareCode(settings, deps));
  const data: Record<string, Prepared> = {};
  const remoteLast = Object.entries(spec.data).toSorted((a, b) => Number(isRemote(a[1])) - Number(isRemote(b[1])));
  for (const [name, channel] of remoteLast) {
    const { from, to } = channel;
    if (isRemote(channel) && to !== undefined) {
      if (found.length === 0) await collect(`data.${name}`, deps.stage({ name: `data.${name}`, from, to }));
      if (found.length > 0) continue;
    }
    const read = await collect(`data.${name}`, prepareChannel(name, channel, settings, deps));
    if (read && 'problem' in read) found.push(read.problem);
    if (read && 'content' in read) data[name] = read.content;
  }
  const contents = [...(code ? [code] : []), ...Object.values(data)];
  const { region, bucket, roleArn, image, hyperparameters } = settings;
  const { entryPoint } = settings.code;
  const planBasis = {
    spec,
    region,
    bucket,
    zone: deps.zone,
    roleArn,
    image,
    entryPoint,
    code: code ?? { hash: '', uri: '' },
    data,
    hyperparameters,
  };
  return { contents, found, planBasis };
}

const isRemote = ({ from }: DataChannel): boolean => from.kind === 'https';
