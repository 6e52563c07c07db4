import { describe, expect, test } from '@jest/globals';
import { toActionError } from '../../../src/aws/errors.ts';

const refusal = (name: string, message: string) => Object.assign(new Error(message), { name, $fault: 'client', $metadata: {} });
const fixOf = (action: string, error: Error) => toActionError(error, { action, resource: 'the thing' }).fix;

describe('a fix names the key of the spec that is meant', () => {
  test.each([
    ['sagemaker:CreateTrainingJob', 'roles.training', 'trust sagemaker.amazonaws.com'],
    ['sagemaker:CreateModel', 'roles.serving', 'trust sagemaker.amazonaws.com'],
    ['sagemaker:CreateEndpointConfig', 'roles.serving', 'trust sagemaker.amazonaws.com'],
    ['lambda:CreateFunction', 'roles.lambda', 'trust lambda.amazonaws.com'],
  ])('%s: %s', (action, key, trust) => {
    const notAssumed = fixOf(action, refusal('ValidationException', 'Could not assume role arn:aws:iam::1:role/t.'));
    expect(notAssumed).toContain(`\`${key}\``);
    expect(notAssumed).toContain(trust);
    const text = 'User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/t';
    expect(fixOf(action, refusal('AccessDeniedException', text))).toContain(`\`${key}\``);
  });

  test.each([
    ['ml.m5.large for endpoint usage', 'serve.instance-type'],
    ['ml.m5.large for training job usage', 'second instance type'],
  ])('the quota "%s": %s', (name, words) => {
    const text = `The account-level service limit '${name}' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances.`;
    expect(fixOf('sagemaker:CreateEndpoint', refusal('ResourceLimitExceeded', text))).toContain(words);
  });
});
