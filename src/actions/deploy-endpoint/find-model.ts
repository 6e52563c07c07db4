import { ActionError } from '../../action-error.ts';
import type { Zone } from '../../records/context.ts';
import type { RunRecord } from '../../records/record.ts';
import type { DeployRecord } from '../../serving/record.ts';
import { hasResult, rank } from '../../training/comparison.ts';
import { type DeployDeps, type DeploySettings, trustedZones } from './deps.ts';
import type { Fingerprints } from './fingerprints.ts';

/** The trained archive that is deployed, and why it is this one. */
export interface FoundModel {
  readonly uri: string;
  readonly bytes: number;
  readonly etag: string;
  readonly foundBy: DeployRecord['model']['foundBy'];
  /** The run that made it; undefined for one that was named. */
  readonly record: RunRecord | undefined;
}

const mainZone: Zone = { kind: 'main' };

type Deps = Pick<DeployDeps, 'objects' | 'openRecords' | 'context' | 'listTrainingWorkflows' | 'log'>;

/**
 * In this order: the one that is named; a run of main or of a release with the fingerprint of this tree, first as trained with the best
 * values of its search; the commit's own run on main.
 * Never a pull request's: its records and models can be written by whoever may push a branch, whatever they say of themselves.
 * Never "the latest": what is deployed is what the tag says.
 * @throws ActionError that names the workflow to run
 */
export async function findModel(
  settings: DeploySettings,
  fingerprints: Fingerprints,
  rehearsal: boolean,
  deps: Deps,
): Promise<FoundModel> {
  if (settings.model !== undefined) return findNamed(settings.model, deps);
  if (fingerprints.kind === 'unknown') deps.log.info(`The fingerprint of this tree is not known: ${fingerprints.why}`);
  const trees = fingerprints.kind === 'known' ? [...fingerprints.searched, fingerprints.runs] : [];
  for (const runs of trees) {
    for (const zone of trustedZones) {
      const found = await findByFingerprint(runs, zone, settings, rehearsal, deps);
      if (found) return found;
    }
  }
  const ofCommit = await deps.openRecords(mainZone).findByCommit(deps.context.commit);
  const seen = ofCommit.filter(isOf(settings, rehearsal));
  const found = await choose(seen, settings, 'commit', deps);
  if (found) return found;
  throw await notFound(fingerprints, seen, deps);
}

async function findNamed(uri: string, deps: Deps): Promise<FoundModel> {
  const head = await deps.objects.head(uri);
  if (head) return { uri, ...head, foundBy: 'input', record: undefined };
  throw new ActionError({
    kind: 'input',
    message: `input model: there is no object ${uri}.`,
    fix: 'Correct the address, or leave the input empty: the model is then found by the fingerprint of this commit.',
  });
}

async function findByFingerprint(
  runs: readonly { readonly fingerprint: string }[],
  zone: Zone,
  settings: DeploySettings,
  rehearsal: boolean,
  deps: Deps,
): Promise<FoundModel | undefined> {
  const store = deps.openRecords(zone);
  const records: RunRecord[] = [];
  for (const { fingerprint } of runs) {
    const ofRun = (await store.findByFingerprint(fingerprint)).filter(isOf(settings, rehearsal));
    records.push(...ofRun.slice(0, 1));
  }
  return choose(records, settings, 'fingerprint', deps);
}

const isOf =
  ({ spec }: DeploySettings, rehearsal: boolean) =>
  (record: RunRecord): boolean =>
    record.rehearsal === rehearsal && record.spec.name === spec.name && record.model !== undefined && hasResult(record);

/** The only one, or the best by the spec's objective and metrics, among those whose model is still there. */
async function choose(
  records: readonly RunRecord[],
  { spec }: DeploySettings,
  foundBy: FoundModel['foundBy'],
  deps: Deps,
): Promise<FoundModel | undefined> {
  const there: { record: RunRecord; uri: string; head: { bytes: number; etag: string } }[] = [];
  for (const record of records) {
    const head = record.model === undefined ? undefined : await deps.objects.head(record.model);
    if (head && record.model !== undefined) there.push({ record, uri: record.model, head });
  }
  const models = [...new Map(there.map((one) => [one.uri, one])).values()];
  const best = rank(
    models.map(({ record }) => record),
    spec.tune?.objective,
  ).best?.record;
  const chosen = models.length === 1 ? models[0] : models.find(({ record }) => record === best);
  if (chosen) return { uri: chosen.uri, ...chosen.head, foundBy, record: chosen.record };
  if (models.length === 0) return undefined;
  throw new ActionError({
    kind: 'input',
    message: `There are ${models.length} models of this tree, and no metric says which is best: ${models.map(({ record }) => `${record.label} (${record.model})`).join(', ')}.`,
    fix: 'Name one with the input model, or add metrics and tune.objective to trainyard.yml.',
  });
}

async function notFound(fingerprints: Fingerprints, seen: readonly RunRecord[], deps: Deps): Promise<ActionError> {
  const commit = deps.context.commit.slice(0, 7);
  const { defaultBranch } = deps.context;
  const searched =
    fingerprints.kind === 'known'
      ? `no run on ${defaultBranch} has the fingerprint of this tree (${[...fingerprints.searched.flat(), ...fingerprints.runs].map(({ label, fingerprint }) => `${label} ${fingerprint.slice(0, 10)}`).join(', ')})`
      : `its fingerprint is not known (${fingerprints.why})`;
  const gone = seen.length > 0 ? ` Its run ${seen.map(({ name }) => name).join(', ')} has no model in S3 any more.` : '';
  const workflows = await deps.listTrainingWorkflows();
  const workflow = workflows.length > 0 ? workflows.join(' or ') : 'the workflow with train-model';
  return new ActionError({
    kind: 'configuration',
    message: `There is no trained model of ${commit}: ${searched}, and ${defaultBranch} has no completed run of that commit.${gone}`,
    fix: `Run ${workflow} on ${defaultBranch} for ${commit}, wait until it has succeeded, and re-run this job. A model that only a pull request has trained is never deployed: whoever may push a branch could have written it.`,
  });
}
