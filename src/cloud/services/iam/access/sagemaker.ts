import type * as sagemaker from '@aws-sdk/client-sagemaker';
import type * as runtime from '@aws-sdk/client-sagemaker-runtime';
import type { Access, Context } from '../evaluate.ts';
import { access, anywhere, type AccessTable, arnOf, pairs, passRole, requestTags, type Scope } from './scope.ts';

const service = 'sagemaker.amazonaws.com';
type Kind = 'training-job' | 'hyper-parameter-tuning-job' | 'model' | 'endpoint-config' | 'endpoint';

/** What serves has ARNs in lower case, whatever its name is. */
const inLowerCase: ReadonlySet<Kind> = new Set(['model', 'endpoint-config', 'endpoint']);
const named = (scope: Scope, kind: Kind, name = '') =>
  arnOf(scope, 'sagemaker', `${kind}/${inLowerCase.has(kind) ? name.toLowerCase() : name}`);

const on =
  <Name extends string>(action: string, kind: Kind, member: Name) =>
  (input: Readonly<Record<Name, string | undefined>>, scope: Scope) => [
    access(`sagemaker:${action}`, named(scope, kind, input[member])),
  ];

/** What is made with tags is tagged by its maker. */
function create(action: string, arn: string, tags: readonly sagemaker.Tag[] = [], more: Context = {}): Access[] {
  const context = requestTags(pairs(tags));
  const tagging = tags.length > 0 ? [access('sagemaker:AddTags', arn, context)] : [];
  return [access(`sagemaker:${action}`, arn, { ...context, ...more }), ...tagging];
}

const instanceTypes = (types: readonly (string | undefined)[]): Context => {
  const known = types.flatMap((type) => type ?? []);
  return known.length > 0 ? { 'sagemaker:instancetypes': known } : {};
};

export const sageMakerAccess = {
  AddTags: (input: sagemaker.AddTagsInput) => [
    access('sagemaker:AddTags', input.ResourceArn ?? '', requestTags(pairs(input.Tags))),
  ],
  CreateEndpoint: (input: sagemaker.CreateEndpointInput, scope: Scope) => [
    ...create('CreateEndpoint', named(scope, 'endpoint', input.EndpointName), input.Tags),
    access('sagemaker:CreateEndpoint', named(scope, 'endpoint-config', input.EndpointConfigName), requestTags(pairs(input.Tags))),
  ],
  CreateEndpointConfig: (input: sagemaker.CreateEndpointConfigInput, scope: Scope) => [
    ...create(
      'CreateEndpointConfig',
      named(scope, 'endpoint-config', input.EndpointConfigName),
      input.Tags,
      instanceTypes((input.ProductionVariants ?? []).map(({ InstanceType }) => InstanceType)),
    ),
    ...passRole(input.ExecutionRoleArn, service),
  ],
  CreateHyperParameterTuningJob: (input: sagemaker.CreateHyperParameterTuningJobRequest, scope: Scope) => {
    const trials = [input.TrainingJobDefinition ?? [], input.TrainingJobDefinitions ?? []].flat();
    const arn = named(scope, 'hyper-parameter-tuning-job', input.HyperParameterTuningJobName);
    const types = instanceTypes(trials.map(({ ResourceConfig }) => ResourceConfig?.InstanceType));
    return [
      ...create('CreateHyperParameterTuningJob', arn, input.Tags, types),
      ...trials.flatMap(({ RoleArn }) => passRole(RoleArn, service)),
    ];
  },
  CreateModel: (input: sagemaker.CreateModelInput, scope: Scope) => [
    ...create('CreateModel', named(scope, 'model', input.ModelName), input.Tags),
    ...passRole(input.ExecutionRoleArn, service),
  ],
  CreateTrainingJob: (input: sagemaker.CreateTrainingJobRequest, scope: Scope) => [
    ...create(
      'CreateTrainingJob',
      named(scope, 'training-job', input.TrainingJobName),
      input.Tags,
      instanceTypes([input.ResourceConfig?.InstanceType]),
    ),
    ...passRole(input.RoleArn, service),
  ],
  DeleteEndpoint: on('DeleteEndpoint', 'endpoint', 'EndpointName'),
  DeleteEndpointConfig: on('DeleteEndpointConfig', 'endpoint-config', 'EndpointConfigName'),
  DeleteHyperParameterTuningJob: on('DeleteHyperParameterTuningJob', 'hyper-parameter-tuning-job', 'HyperParameterTuningJobName'),
  DeleteModel: on('DeleteModel', 'model', 'ModelName'),
  DeleteTags: (input: sagemaker.DeleteTagsInput) => [
    access('sagemaker:DeleteTags', input.ResourceArn ?? '', { 'aws:tagkeys': input.TagKeys ?? [] }),
  ],
  DeleteTrainingJob: on('DeleteTrainingJob', 'training-job', 'TrainingJobName'),
  DescribeEndpoint: on('DescribeEndpoint', 'endpoint', 'EndpointName'),
  DescribeEndpointConfig: on('DescribeEndpointConfig', 'endpoint-config', 'EndpointConfigName'),
  DescribeHyperParameterTuningJob: on(
    'DescribeHyperParameterTuningJob',
    'hyper-parameter-tuning-job',
    'HyperParameterTuningJobName',
  ),
  DescribeModel: on('DescribeModel', 'model', 'ModelName'),
  DescribeTrainingJob: on('DescribeTrainingJob', 'training-job', 'TrainingJobName'),
  ListEndpointConfigs: anywhere('sagemaker:ListEndpointConfigs'),
  ListEndpoints: anywhere('sagemaker:ListEndpoints'),
  ListHyperParameterTuningJobs: anywhere('sagemaker:ListHyperParameterTuningJobs'),
  ListModels: anywhere('sagemaker:ListModels'),
  ListTags: (input: sagemaker.ListTagsInput) => [access('sagemaker:ListTags', input.ResourceArn ?? '')],
  ListTrainingJobs: anywhere('sagemaker:ListTrainingJobs'),
  ListTrainingJobsForHyperParameterTuningJob: on(
    'ListTrainingJobsForHyperParameterTuningJob',
    'hyper-parameter-tuning-job',
    'HyperParameterTuningJobName',
  ),
  StopHyperParameterTuningJob: on('StopHyperParameterTuningJob', 'hyper-parameter-tuning-job', 'HyperParameterTuningJobName'),
  StopTrainingJob: on('StopTrainingJob', 'training-job', 'TrainingJobName'),
  UpdateEndpoint: (input: sagemaker.UpdateEndpointInput, scope: Scope) => [
    access('sagemaker:UpdateEndpoint', named(scope, 'endpoint', input.EndpointName)),
    access('sagemaker:UpdateEndpoint', named(scope, 'endpoint-config', input.EndpointConfigName)),
  ],
  UpdateEndpointWeightsAndCapacities: on('UpdateEndpointWeightsAndCapacities', 'endpoint', 'EndpointName'),
} satisfies AccessTable;

export const sageMakerRuntimeAccess = {
  InvokeEndpoint: (input: runtime.InvokeEndpointInput, scope: Scope) => [
    access('sagemaker:InvokeEndpoint', named(scope, 'endpoint', input.EndpointName)),
  ],
} satisfies AccessTable;
