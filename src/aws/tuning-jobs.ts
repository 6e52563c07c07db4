import {
  CreateHyperParameterTuningJobCommand,
  DescribeHyperParameterTuningJobCommand,
  type HyperParameterTrainingJobSummary,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
} from '@aws-sdk/client-sagemaker';
import { ActionError } from '../action-error.ts';
import { hasEnded, type TuningJob, type TuningJobRequest, type TuningJobs, type TuningTrial } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { call, countAttempts, findCode, isNotFound } from './errors.ts';
import { createResourceTags } from './resource-tags.ts';
import { createTrainingJobs } from './training-jobs.ts';
import { checkTuningRequest } from './tuning-check.ts';
import { readSummary, readTuningJob } from './tuning-read.ts';
import { toTuningRequest, unquote } from './tuning-request.ts';

/** How long a search may take to show after a create call whose answer was lost. */
const lostAnswerMs = 5_000;
const summariesPerPage = 100;
const maxParallelReads = 8;

const resource = (name: string) => `the tuning job ${name}`;

/** Tuning jobs of SageMaker. */
export function createTuningJobs(clients: Clients): TuningJobs {
  const sagemaker = clients.of(SageMakerClient);
  const { clock } = clients;
  const training = createTrainingJobs(clients);

  async function describe(name: string): Promise<TuningJob | undefined> {
    const command = new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name });
    return call({ action: 'sagemaker:DescribeHyperParameterTuningJob', resource: resource(name) }, async () => {
      try {
        return readTuningJob(await sagemaker.send(command));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  }

  /** Whether the search shows within a few seconds. */
  async function shows(name: string): Promise<boolean> {
    const deadline = clock.now().getTime() + lostAnswerMs;
    for (;;) {
      if (await describe(name)) return true;
      if (clock.now().getTime() >= deadline) return false;
      await clock.sleep(1_000);
    }
  }

  async function start(request: TuningJobRequest): Promise<{ outcome: 'started'; arn: string } | { outcome: 'exists' }> {
    const command = new CreateHyperParameterTuningJobCommand(toTuningRequest(request));
    return call({ action: 'sagemaker:CreateHyperParameterTuningJob', resource: resource(request.name) }, async () => {
      try {
        const { HyperParameterTuningJobArn: arn } = await sagemaker.send(command);
        if (arn === undefined)
          throw new ActionError({ kind: 'aws', message: `AWS gave no ARN for ${request.name}.`, fix: 'Re-run this job.' });
        return { outcome: 'started', arn };
      } catch (error) {
        if (findCode(error) === 'ResourceInUse') return { outcome: 'exists' };
        // An earlier attempt may have made the search and lost its answer.
        if (countAttempts(error) > 1 && (await shows(request.name))) return { outcome: 'exists' };
        throw error;
      }
    });
  }

  async function stop(name: string): Promise<'requested' | 'ended' | 'missing'> {
    const command = new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name });
    return call({ action: 'sagemaker:StopHyperParameterTuningJob', resource: resource(name) }, async () => {
      try {
        await sagemaker.send(command);
        return 'requested';
      } catch (error) {
        if (isNotFound(error)) return 'missing';
        if (findCode(error) !== 'ValidationException') throw error;
        const job = await describe(name);
        if (job?.status === 'Stopping') return 'requested';
        if (job && hasEnded(job)) return 'ended';
        throw error;
      }
    });
  }

  async function listSummaries(name: string): Promise<HyperParameterTrainingJobSummary[]> {
    const found: HyperParameterTrainingJobSummary[] = [];
    let token: string | undefined;
    do {
      const command = new ListTrainingJobsForHyperParameterTuningJobCommand({
        HyperParameterTuningJobName: name,
        MaxResults: summariesPerPage,
        // By their value those without one would be left out.
        SortBy: 'CreationTime',
        SortOrder: 'Ascending',
        NextToken: token,
      });
      const doing = { action: 'sagemaker:ListTrainingJobsForHyperParameterTuningJob', resource: resource(name) };
      const page = await call(doing, () => sagemaker.send(command));
      found.push(...(page.TrainingJobSummaries ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return found;
  }

  /** A summary lacks what is billed. Reads lag behind writes: a trial may be listed before it can be described. */
  async function readTrial(summary: HyperParameterTrainingJobSummary): Promise<TuningTrial> {
    const { job, objective } = readSummary(summary);
    const values = Object.entries(summary.TunedHyperParameters ?? {}).map(([name, value]) => [name, unquote(value)]);
    return {
      name: job.name,
      hyperparameters: Object.fromEntries(values),
      ...(objective === undefined ? {} : { objective }),
      job: (await training.describe(job.name)) ?? job,
    };
  }

  async function trials(name: string, known: ReadonlyMap<string, TuningTrial>): Promise<TuningTrial[]> {
    const summaries = await listSummaries(name);
    const read: TuningTrial[] = [];
    for (let first = 0; first < summaries.length; first += maxParallelReads) {
      const some = summaries.slice(first, first + maxParallelReads);
      read.push(...(await Promise.all(some.map(async (one) => known.get(one.TrainingJobName ?? '') ?? readTrial(one)))));
    }
    return read;
  }

  const tags = async (arn: string): Promise<Record<string, string>> => ({ ...(await createResourceTags(clients).read(arn)) });

  return { check: checkTuningRequest, start, describe, tags, stop, trials };
}
