import type { Price } from '../../records/record.ts';
import type { Log } from '../../runner/ports.ts';
import { findMonthlyUsd } from '../../serving/serving-cost.ts';
import { formatSeconds } from '../../time/duration.ts';
import { formatUsd } from '../../training/money.ts';
import type { DeploySettings } from './deps.ts';
import type { FoundModel } from './find-model.ts';
import type { Preparation } from './prepare.ts';

const hashLength = 10;

/** What the step has found, is about to do and will cost, before it does it. */
export function announce(preparation: Preparation, settings: DeploySettings, log: Log): string[] {
  const { model, code, release, decision } = preparation;
  const lines = [
    `Release ${release}`,
    `Model: ${describeModel(model)}.`,
    `Code: ${settings.codeDirectory}, hash ${code.hash.slice(0, hashLength)}, entry point ${settings.serve.entryPoint}, image ${settings.image}.`,
    ...(decision.kind === 'unchanged' ? [] : describeMachines(preparation, settings)),
    describeDecision(preparation),
  ];
  for (const line of lines) log.info(line);
  return lines;
}

function describeModel({ uri, foundBy, record }: FoundModel): string {
  if (!record) return `${uri}, named by the input model`;
  const made = `${record.name}, trained for ${record.commit.slice(0, 7)}`;
  const metrics = record.metrics.map(({ name, value }) => `${name} ${value}`);
  const found = {
    fingerprint: 'found by the fingerprint of this tree',
    commit: 'found by the record of this commit',
    input: 'named',
  }[foundBy];
  return [`${made}, ${found}`, ...metrics].join(', ');
}

function describeMachines({ instances, price, rehearsal }: Preparation, { serve, spec, candidateTtlSeconds }: DeploySettings) {
  const type = serve.instanceType;
  const machines = (count: number) => `${count} × ${type}, ${describeMonthly(price, count)}`;
  const range = spec.scaling?.endpoint;
  const most = range && range.max > instances.live ? `; at most ${range.max}, ${describeMonthly(price, range.max)}` : '';
  return [
    `Candidate: ${machines(instances.candidate)}. It lives ${formatSeconds(candidateTtlSeconds)} unless it is promoted.`,
    `Live: ${machines(instances.live)}${most} (${describePrice(type, price, rehearsal)}).`,
  ];
}

/** `$83.95 a month`, or that nobody knows. */
function describeMonthly(price: Price, instances: number): string {
  const usd = findMonthlyUsd(price, instances);
  return usd === undefined ? 'an unknown price' : `${formatUsd(usd)} a month`;
}

function describePrice(type: string, price: Price, rehearsal: boolean): string {
  if (price.kind === 'unknown') return `${type}: ${price.why}`;
  const api = rehearsal ? 'price list of the local cloud' : 'Pricing API';
  const source = price.source === 'pricing-api' ? api : `built-in table, ${price.quality}`;
  return `${type} $${price.usdPerHour}/h, ${source}, ${price.date}`;
}

function describeDecision({ decision, release, functionName }: Preparation): string {
  if (decision.kind === 'refuse') return decision.message;
  if (decision.kind === 'unchanged')
    return `Live is this release already: version ${decision.version} of ${functionName} calls it and it serves. Nothing is created.`;
  if (decision.kind === 'adopt')
    return `The endpoint ${release} exists (${decision.status}): it becomes the candidate, nothing is created beside it.`;
  const first = {
    nothing: '',
    'delete-failed': 'delete the endpoint of this name that failed, then ',
    'wait-until-gone': 'wait until the old endpoint of this name is gone, then ',
  }[decision.first];
  return `To do: ${first}model, configuration and endpoint ${release}; a version of ${functionName}; alias candidate.`;
}
