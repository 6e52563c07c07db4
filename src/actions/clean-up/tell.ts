import type { Price } from '../../records/record.ts';
import { toMarkdownPieces } from '../../report/markdown.ts';
import { formatAge, formatHourlyUsd, joinWords } from '../../report/format.ts';
import { joinWithin } from '../../report/shorten.ts';
import type { Inventory } from '../../serving/sweep-inventory.ts';
import type { SweepPlan, SweepStep } from '../../serving/sweep-step.ts';
import type { SweepResult } from '../../serving/sweep-run.ts';

const plural = (items: readonly unknown[], noun: string) => `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;

/** `Found what this repository has of dogs: 2 endpoints, 1 model …` */
export function describeInventory(
  { endpoints, configs, models, versions, functionName, machines = [] }: Inventory,
  specName: string,
): string {
  const counts = [
    plural(endpoints, 'endpoint'),
    plural(configs, 'configuration'),
    plural(models, 'model'),
    `${plural(versions, 'version')} of ${functionName}`,
    ...(machines.length > 0 ? [`${plural(machines, 'machine')} of EC2`] : []),
  ];
  return `Found what this repository has of ${specName}: ${joinWords(counts)}.`;
}

/** What a resource costs while it stands, in words. */
export type DescribeCost = (step: Pick<SweepStep, 'kind' | 'name'>) => string;

/**
 * Machines of an endpoint bill by the hour, warm environments too; everything else bills nothing or by use. While an endpoint is being
 * created AWS tells of no machines yet: it is getting those of its configuration.
 */
export function createDescribeCost(
  { endpoints, configs, versions, machines: ofEc2 = [] }: Inventory,
  prices: ReadonlyMap<string, Price>,
): DescribeCost {
  return ({ kind, name }) => {
    if (kind === 'provisioned-concurrency') {
      const warm = versions.find(({ version }) => version === name)?.provisioned ?? 0;
      return `bills for ${warm} warm environment${warm === 1 ? '' : 's'}`;
    }
    if (kind === 'machine') {
      const price = prices.get(ofEc2.find((one) => one.name === name)?.instanceType ?? '');
      return price?.kind === 'known' ? `${formatHourlyUsd(price.usdPerHour)} on demand` : 'price unknown';
    }
    if (kind !== 'endpoint') return 'bills nothing';
    const endpoint = endpoints.find((one) => one.name === name);
    const config = configs.find((one) => one.name === endpoint?.configName);
    if (!endpoint) return 'price unknown';
    if (endpoint.status === 'Failed') return 'bills nothing';
    const price = config && prices.get(config.instanceType);
    if (price?.kind !== 'known') return 'price unknown';
    const machines =
      endpoint.status === 'Creating' ? Math.max(endpoint.instances, config?.instanceCount ?? 0) : endpoint.instances;
    return formatHourlyUsd(price.usdPerHour * machines);
  };
}

/** When a resource was made; undefined for aliases, scaling and warm environments: AWS does not tell. */
function findCreated({ kind, name }: Pick<SweepStep, 'kind' | 'name'>, inventory: Inventory): Date | undefined {
  if (kind === 'machine') return inventory.machines?.find((one) => one.name === name)?.created;
  if (kind === 'endpoint') return inventory.endpoints.find((one) => one.name === name)?.created;
  if (kind === 'endpoint-config') return inventory.configs.find((one) => one.name === name)?.created;
  if (kind === 'model') return inventory.models.find((one) => one.name === name)?.created;
  return kind === 'version' ? inventory.versions.find((one) => one.version === name)?.modified : undefined;
}

/** `remove endpoint dogs-0123456789: it expired at …; 3 hours old, $0.115/h` */
export function describeStep(step: SweepStep, inventory: Inventory, describeCost: DescribeCost): string {
  const facts = [describeAge(step, inventory), describeCost(step)].filter((fact) => fact !== undefined);
  return `  ${step.action} ${step.kind} ${step.name}: ${step.why}; ${facts.join(', ')}`;
}

function describeAge(step: Pick<SweepStep, 'kind' | 'name'>, inventory: Inventory): string | undefined {
  const created = findCreated(step, inventory);
  return created && formatAge(created, inventory.now).replace(/ ago$/, ' old');
}

export interface Told {
  readonly plan: SweepPlan;
  readonly inventory: Inventory;
  readonly describeCost: DescribeCost;
  /** Undefined on a dry run. */
  readonly result: SweepResult | undefined;
}

/** Heading of summary and log: what was or would be removed. */
export function writeHeading({ plan: { steps }, result }: Told): string {
  if (steps.length === 0) return 'Clean-up: nothing to remove';
  if (!result) {
    const removals = steps.filter(({ action }) => action === 'remove').length;
    return `Clean-up, dry run: ${[`${removals} to remove`, ...count(steps.length - removals, 'to mark for later')].join(', ')}`;
  }
  const { removed, marked, busy, failed } = result;
  const left = steps.length - removed.length - marked.length - busy.length - failed.length;
  const counts = [
    `${removed.length} removed`,
    ...count(marked.length, 'marked for later'),
    ...count(busy.length, 'busy'),
    ...count(failed.length, 'failed'),
    ...count(left, 'left for the next sweep'),
  ];
  return `Clean-up: ${counts.join(', ')}`;
}

const count = (number: number, what: string): string[] => (number === 0 ? [] : [`${number} ${what}`]);

/** The job summary: each step with its reason, age, price and what came of it, then what stays. */
export function writeSummary(told: Told): string {
  const { plan, inventory, describeCost } = told;
  const pieces = toMarkdownPieces([
    { kind: 'heading', text: writeHeading(told) },
    ...(plan.steps.length > 0
      ? ([
          {
            kind: 'table',
            header: ['What', 'Name', 'Why', 'Age', 'Cost', 'Outcome'],
            rows: plan.steps.map((step) => [
              [step.kind],
              [{ code: step.name }],
              [step.why],
              [describeAge(step, inventory) ?? ''],
              [describeCost(step)],
              [findOutcome(step, told)],
            ]),
            weight: 100,
          },
        ] as const)
      : []),
    ...(plan.kept.length > 0
      ? ([
          {
            kind: 'details',
            summary: `What stays (${plan.kept.length})`,
            body: {
              kind: 'table',
              header: ['What', 'Name', 'Why', 'Age', 'Cost'],
              rows: plan.kept.map((kept) => [
                [kept.kind],
                [{ code: kept.name }],
                [kept.why],
                [describeAge(kept, inventory) ?? ''],
                [describeCost(kept)],
              ]),
            },
            weight: 50,
          },
        ] as const)
      : []),
  ]);
  return joinWithin(pieces, 200_000, '*Shortened; the log of this step has all of it.*');
}

function findOutcome(step: SweepStep, { result }: Told): string {
  if (!result) return step.action === 'mark' ? 'would be marked' : 'would be removed';
  const is = (steps: readonly SweepStep[]) => steps.some(({ id }) => id === step.id);
  if (is(result.removed)) return 'removed';
  if (is(result.marked)) return 'marked for a later sweep';
  if (is(result.busy)) return 'busy: AWS lets nobody delete it now';
  return is(result.failed.map(({ step: one }) => one)) ? 'failed' : 'left for the next sweep';
}
