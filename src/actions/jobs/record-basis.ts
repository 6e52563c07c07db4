import type { RunContext } from '../../records/context.ts';
import type { RunRecord } from '../../records/record.ts';
import type { Spec } from '../../spec/spec.ts';

/** What every record of a step says alike. */
export interface RecordBasis {
  readonly context: RunContext;
  readonly spec: Spec;
  readonly region: string;
  readonly rehearsal: boolean;
  readonly warnings: readonly string[];
}

type Origin = Pick<
  RunRecord,
  'schema' | 'rehearsal' | 'repository' | 'commit' | 'ref' | 'pullRequest' | 'workflow' | 'spec' | 'region' | 'url' | 'warnings'
>;

/** The part of a record that says where it comes from. `page` is the console's word for this kind of job. */
export function getOrigin(basis: RecordBasis, page: 'jobs' | 'hyper-tuning-jobs' | 'machines', name: string): Origin {
  const { context, spec } = basis;
  const { runId, attempt, job, step, matrix } = context.workflow;
  return {
    schema: 1,
    rehearsal: basis.rehearsal,
    repository: { id: context.repository.id, name: `${context.repository.owner}/${context.repository.name}` },
    commit: context.commit,
    ref: context.ref,
    ...(context.pullRequest ? { pullRequest: context.pullRequest.number } : {}),
    workflow: { runId, attempt, job, step, matrix },
    spec: {
      name: spec.name,
      path: spec.path,
      ...(spec.environmentName === undefined ? {} : { environment: spec.environmentName }),
    },
    region: basis.region,
    ...(basis.rehearsal ? {} : { url: consoleUrl(basis.region, page, name) }),
    warnings: [...basis.warnings],
  };
}

function consoleUrl(region: string, page: string, name: string): string {
  const domain = region.startsWith('cn-')
    ? 'console.amazonaws.cn'
    : region.startsWith('us-gov-')
      ? 'console.amazonaws-us-gov.com'
      : 'console.aws.amazon.com';
  if (page === 'machines') return `https://${region}.${domain}/ec2/home?region=${region}#Instances:tag:trainyard:job=${name}`;
  return `https://${region}.${domain}/sagemaker/home?region=${region}#/${page}/${name}`;
}
