import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../contract.ts';
import type { JobTable } from './job-table.ts';
import { isOver } from './job.ts';
import { parseS3Uri } from './s3-uri.ts';

/** Instances of a type that one account may use at once where no quota is configured. */
const defaultQuota = 100;

/** What AWS refuses at once, beyond what its model says. @throws AwsError with AWS's own texts where they are known */
export function checkRequest(
  request: CreateTrainingJobRequest,
  cloud: Cloud,
  jobs: JobTable,
  quotas: Readonly<Record<string, number>>,
): void {
  checkTimes(request);
  for (const { Name: name = '', Regex: regex = '' } of request.AlgorithmSpecification?.MetricDefinitions ?? [])
    checkRegex(name, regex);
  const role = request.RoleArn ?? '';
  if (cloud.roles.assumableBy(role, 'sagemaker.amazonaws.com') !== 'yes') {
    refuse(
      `Could not assume role ${role}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
    );
  }
  const taken = jobs.find(request.TrainingJobName ?? '');
  if (taken) {
    throw new AwsError(
      'ResourceInUse',
      `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${taken.arn})`,
    );
  }
  checkQuota(request, jobs, quotas);
  for (const channel of request.InputDataConfig ?? []) {
    const uri = channel.DataSource?.S3DataSource?.S3Uri;
    if (uri !== undefined && !hasObjects(cloud, uri)) refuse(noObjects(uri, cloud.region, role));
  }
  const { bucket } = parseS3Uri(request.OutputDataConfig?.S3OutputPath ?? '');
  if (!cloud.buckets.exists(bucket)) {
    refuse(
      `The bucket ${bucket} of OutputDataConfig.S3OutputPath does not exist. Please ensure that the bucket exists in the selected region (${cloud.region}).`,
    );
  }
}

function checkTimes({ StoppingCondition: stopping, EnableManagedSpotTraining: spot }: CreateTrainingJobRequest): void {
  const wait = stopping?.MaxWaitTimeInSeconds;
  if (spot === true && (wait === undefined || wait < (stopping?.MaxRuntimeInSeconds ?? 86_400))) {
    refuse('Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds');
  }
  if (spot !== true && wait !== undefined)
    refuse('Invalid MaxWaitTimeInSeconds. It must only be present when EnableManagedSpotTraining is true');
}

function checkRegex(name: string, regex: string): void {
  try {
    // Compiled for its error alone.
    void new RegExp(regex);
  } catch {
    refuse(`The regular expression ${regex} of the metric definition ${name} is invalid.`);
  }
}

function checkQuota(request: CreateTrainingJobRequest, jobs: JobTable, quotas: Readonly<Record<string, number>>): void {
  const { InstanceType: type = '', InstanceCount: count = 1 } = request.ResourceConfig ?? {};
  const limit = quotas[type] ?? defaultQuota;
  const used = jobs
    .all()
    .filter((job) => !isOver(job) && job.request.ResourceConfig?.InstanceType === type)
    .reduce((sum, job) => sum + (job.request.ResourceConfig?.InstanceCount ?? 1), 0);
  if (used + count <= limit) return;
  throw new AwsError(
    'ResourceLimitExceeded',
    `The account-level service limit '${type} for training job usage' is ${limit} Instances, with current utilization of ${used} Instances ` +
      `and a request delta of ${count} Instances. Please use AWS Service Quotas to request an increase for this quota. ` +
      'If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.',
  );
}

function hasObjects(cloud: Cloud, uri: string): boolean {
  const { bucket, key } = parseS3Uri(uri);
  return cloud.buckets.exists(bucket) && cloud.buckets.list(bucket, key).length > 0;
}

/** AWS's text, both for a refused request and for a job that failed because its data was gone when it started. */
export function noObjects(uri: string, region: string, role: string): string {
  return (
    `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (${region}), ` +
    `that objects exist under that S3 prefix, and that the role "${role}" has "s3:ListBucket" permissions on bucket "${parseS3Uri(uri).bucket}".`
  );
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
