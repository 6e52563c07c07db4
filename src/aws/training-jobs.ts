import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTagsCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { ActionError } from '../action-error.ts';
import type { TrainingJobRequest, TrainingJobs } from '../training/ports.ts';
import { checkRequest } from './check-request.ts';
import type { Clients } from './clients.ts';
import { call, countAttempts, findCode, isNotFound } from './errors.ts';
import { readJob } from './read-job.ts';
import { toCreateRequest } from './training-request.ts';

/** How long a job may take to show after a create call whose answer was lost. */
const lostAnswerMs = 5_000;

/** Training jobs of SageMaker. */
export function createTrainingJobs(clients: Clients): TrainingJobs {
  const sagemaker = clients.of(SageMakerClient);
  const { clock } = clients;

  async function describe(name: string) {
    const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
    return call({ action: 'sagemaker:DescribeTrainingJob', resource: `the training job ${name}` }, async () => {
      try {
        return readJob(await sagemaker.send(command));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  }

  /** Whether the job shows within a few seconds. */
  async function shows(name: string): Promise<boolean> {
    const deadline = clock.now().getTime() + lostAnswerMs;
    for (;;) {
      if (await describe(name)) return true;
      if (clock.now().getTime() >= deadline) return false;
      await clock.sleep(1_000);
    }
  }

  async function start(request: TrainingJobRequest): Promise<{ outcome: 'started'; arn: string } | { outcome: 'exists' }> {
    const command = new CreateTrainingJobCommand(toCreateRequest(request));
    return call({ action: 'sagemaker:CreateTrainingJob', resource: `the training job ${request.name}` }, async () => {
      try {
        const { TrainingJobArn: arn } = await sagemaker.send(command);
        if (arn === undefined)
          throw new ActionError({ kind: 'aws', message: `AWS gave no ARN for ${request.name}.`, fix: 'Re-run this job.' });
        return { outcome: 'started', arn };
      } catch (error) {
        if (findCode(error) === 'ResourceInUse') return { outcome: 'exists' };
        // An earlier attempt may have made the job and lost its answer: then even "quota reached" can be that job's doing.
        if (countAttempts(error) > 1 && (await shows(request.name))) return { outcome: 'exists' };
        throw error;
      }
    });
  }

  async function stop(name: string): Promise<'requested' | 'ended' | 'missing'> {
    const command = new StopTrainingJobCommand({ TrainingJobName: name });
    return call({ action: 'sagemaker:StopTrainingJob', resource: `the training job ${name}` }, async () => {
      try {
        await sagemaker.send(command);
        return 'requested';
      } catch (error) {
        if (isNotFound(error)) return 'missing';
        const status =
          findCode(error) === 'ValidationException' && error instanceof Error ? findStatus(error.message) : undefined;
        if (status === undefined) throw error;
        return status === 'Stopping' ? 'requested' : 'ended';
      }
    });
  }

  async function tags(arn: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    let token: string | undefined;
    do {
      const command = new ListTagsCommand({ ResourceArn: arn, NextToken: token });
      const page = await call({ action: 'sagemaker:ListTags', resource: arn }, () => sagemaker.send(command));
      for (const { Key, Value } of page.Tags ?? []) if (Key !== undefined) found[Key] = Value ?? '';
      token = page.NextToken;
    } while (token !== undefined);
    return found;
  }

  return { check: checkRequest, start, describe, tags, stop };
}

/** From "The request was rejected because the training job is in status Stopped." */
function findStatus(message: string): string | undefined {
  return /training job is in status (\w+)/.exec(message)?.[1];
}
