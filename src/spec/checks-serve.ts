import { finding } from './finding.ts';
import type { Finding, View } from './finding.ts';
import { checkSageMakerType } from './checks-train.ts';
import { findSeconds } from './duration.ts';

export function checkServe(view: View): Finding[] {
  return [...checkEndpoint(view), ...checkRollout(view), ...checkScaling(view), ...checkSmoke(view)];
}

function checkEndpoint({ serve }: View): Finding[] {
  if (!serve) return [];
  const type = serve['instance-type'];
  const found = type === undefined ? [] : checkSageMakerType(['serve', 'instance-type'], type, 'hosting');
  const timeout = findSeconds(serve.lambda?.timeout);
  if (timeout !== undefined && timeout > 900) {
    found.push(
      finding(
        ['serve', 'lambda', 'timeout'],
        `It is ${serve.lambda?.timeout}; a function runs for 15m at most.`,
        'Write 15m or less.',
      ),
    );
  }
  return found;
}

/** AWS's limits: a canary has at most half of the machines, a linear step 10 to 50 %, a batch 5 to 50 %; an hour's wait. */
function checkRollout({ serve }: View): Finding[] {
  const rollout = serve?.rollout;
  if (!rollout) return [];
  const path = ['serve', 'rollout'];
  const { kind, percent } = rollout;
  const found: Finding[] = [];
  if (serve.strategy !== 'in-place') {
    const message = `It says how an endpoint is updated, and with the strategy ${serve.strategy ?? 'alias'} none is.`;
    found.push(finding(path, message, 'Add strategy: in-place to serve, or remove rollout.'));
  }
  if (kind === 'all-at-once' && percent !== undefined)
    found.push(finding([...path, 'percent'], 'All at once has no steps.', 'Remove it, or choose canary, linear or rolling.'));
  if (kind !== undefined && kind !== 'all-at-once' && percent === undefined)
    found.push(finding(path, `It has no percent, and ${kind} moves a part at a time.`, 'Add e.g. percent: 10.'));
  if (kind === 'linear' && percent !== undefined && percent < 10)
    found.push(finding([...path, 'percent'], `It is ${percent}; a linear step is 10 to 50.`, 'Write 10 or more.'));
  const wait = findSeconds(rollout.wait);
  if (wait !== undefined && wait > 3600)
    found.push(finding([...path, 'wait'], `It is ${rollout.wait}; a step is watched for 1h at most.`, 'Write 1h or less.'));
  return found;
}

function checkScaling({ scaling }: View): Finding[] {
  const found: Finding[] = [];
  const { min, max } = scaling?.endpoint ?? {};
  if (min !== undefined && max !== undefined && min > max) {
    found.push(finding(['scaling', 'endpoint', 'max'], `It is ${max}, less than min (${min}).`, `Write ${min} or more.`));
  }
  const { provisioned, reserved } = scaling?.lambda ?? {};
  if (provisioned !== undefined && reserved !== undefined && provisioned > reserved) {
    const message = `It is ${provisioned}, more than reserved (${reserved}); provisioned environments count against it.`;
    found.push(finding(['scaling', 'lambda', 'provisioned'], message, `Write ${reserved} or less.`));
  }
  return found;
}

function checkSmoke({ smoke }: View): Finding[] {
  const names = (smoke ?? []).map((test) => test?.name);
  return (smoke ?? []).flatMap((test, index) => {
    if (!test) return [];
    const found: Finding[] = [];
    if (test.name !== undefined && names.indexOf(test.name) < index) {
      found.push(finding(['smoke', index, 'name'], 'Another case has this name already.', 'Give it a name of its own.'));
    }
    const sources = test.event ? Object.keys(test.event) : [];
    if (test.event && sources.length !== 1) {
      const seen = sources.length === 0 ? 'none of them' : sources.join(' and ');
      found.push(finding(['smoke', index, 'event'], `It has ${seen}; it must have one of file, url, json.`, 'Keep one.'));
    }
    if (test.expect && Object.keys(test.expect).length === 0) {
      found.push(
        finding(['smoke', index, 'expect'], 'It expects nothing, so the case could never fail.', 'Add e.g. status: 200.'),
      );
    }
    return found;
  });
}
