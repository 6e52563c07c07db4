import type { ScalingStep } from '../../serving/scaling-plan.ts';
import { describeMachines } from './tell.ts';

/**
 * What has been changed and what has not, when not all could be.
 * @param unknown of which nobody knows
 */
export function describeProgress(steps: readonly ScalingStep[], done: readonly ScalingStep[], unknown?: ScalingStep): string {
  const left = steps.filter((step) => !done.includes(step) && step !== unknown);
  const cold = left.some(({ kind }) => kind === 'await-provisioned') && done.some(({ kind }) => kind === 'provision');
  const changed = tell('Changed', done);
  return [
    ...(changed.length > 0 ? changed : [unknown ? 'Nothing else was changed.' : 'Nothing was changed.']),
    ...tell('Asked for, and not known whether changed', unknown ? [unknown] : []),
    ...tell('Not changed', left),
    ...(cold ? ['The environments are still being warmed.'] : []),
  ].join(' ');
}

/** Waiting is no change. */
function tell(what: string, steps: readonly ScalingStep[]): string[] {
  const changes = steps.filter(({ kind }) => kind !== 'await-provisioned').map(describeStep);
  return changes.length > 0 ? [`${what}: ${changes.join(', ')}.`] : [];
}

function describeStep(step: ScalingStep): string {
  switch (step.kind) {
    case 'reserve':
      return `reserved concurrency ${step.concurrency}`;
    case 'register':
      return `machines ${describeMachines(step.min, step.max)}`;
    case 'put-policy':
      return `scaling target ${step.policy.invocationsPerMinute} calls per minute and machine`;
    case 'deregister':
      return 'scaling of the endpoint taken off';
    case 'provision':
      return `provisioned concurrency ${step.concurrency}`;
    case 'unprovision':
      return 'provisioned concurrency taken off';
    case 'await-provisioned':
      break;
  }
  return `${step.concurrency} warm environments`;
}
