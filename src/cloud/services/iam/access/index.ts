import { ec2Access, ssmAccess } from './ec2.ts';
import { lambdaAccess } from './lambda.ts';
import { iamAccess, pricingAccess, scalingAccess, stsAccess } from './others.ts';
import { s3Access } from './s3.ts';
import { sageMakerAccess, sageMakerRuntimeAccess } from './sagemaker.ts';
import type { AccessTable } from './scope.ts';
import { cloudWatchAccess, logsAccess } from './watching.ts';

/** What every operation that the local cloud serves needs to be allowed, by service. */
export const accessTables: Readonly<Record<string, AccessTable>> = {
  'application-auto-scaling': scalingAccess,
  cloudwatch: cloudWatchAccess,
  'cloudwatch-logs': logsAccess,
  ec2: ec2Access,
  iam: iamAccess,
  lambda: lambdaAccess,
  pricing: pricingAccess,
  s3: s3Access,
  sagemaker: sageMakerAccess,
  'sagemaker-runtime': sageMakerRuntimeAccess,
  ssm: ssmAccess,
  sts: stsAccess,
};
