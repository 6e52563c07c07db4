import { ActionError } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { planRun, type PlanBasis } from '../../training/plan.ts';
import { planSearch } from '../../training/tuning-plan.ts';
import { type Prepared, prepareChannel, prepareCode } from '../train-model/contents.ts';
import { getSettings } from '../train-model/settings.ts';
import { releaseZone } from '../../serving/release-records.ts';
import { type DeployDeps, type DeploySettings, trustedZones } from './deps.ts';

/** Fingerprint of each run of `train.runs` as this tree would train it; or why none can be known. */
export type Fingerprints =
  | {
      readonly kind: 'known';
      /** With the hyperparameters of the spec. */
      readonly runs: readonly RunFingerprint[];
      /** With the best values of a search for this very tree, the newest search first. */
      readonly searched: readonly (readonly RunFingerprint[])[];
    }
  | { readonly kind: 'unknown'; readonly why: string };

interface RunFingerprint {
  readonly label: string;
  readonly fingerprint: string;
}

/**
 * Computed by the code that train-model computes it with: equal trees have equal fingerprints, whoever asks.
 * A tree whose data cannot be seen from here has none, which is no error: the commit's own record is asked next.
 */
export async function findFingerprints(
  settings: DeploySettings,
  rehearsal: boolean,
  deps: Pick<DeployDeps, 'workspace' | 'readText' | 'launcher' | 'objects' | 'openSearches'>,
): Promise<Fingerprints> {
  const { spec, region, bucket, today } = settings;
  if (!spec.train) return unknown(`${spec.path} has no train section`);
  const read = getSettings(spec, nothingAsked, region, today, quiet);
  const problem = read.problems.find(({ name }) => name !== 'roles.training');
  if (problem) return unknown(problem.message);
  const trained = { ...read.settings, bucket };
  try {
    // Its lines are about the training run it would be, not about this release.
    const about = { ...deps, log: quiet, zone: releaseZone };
    const code = await prepareCode(trained, about);
    const data: Record<string, Prepared> = {};
    for (const [name, channel] of Object.entries(spec.data)) {
      const prepared = await prepareChannel(name, channel, trained, about);
      if ('problem' in prepared) return unknown(prepared.problem.message);
      data[name] = prepared.content;
    }
    const { roleArn, image, hyperparameters } = trained;
    const basis = {
      spec,
      region,
      bucket,
      zone: releaseZone,
      roleArn,
      image,
      entryPoint: trained.code.entryPoint,
      code,
      data,
      hyperparameters,
    };
    const searched = (await findBest(basis, rehearsal, deps)).map((best) =>
      listRuns({ ...basis, hyperparameters: { ...best, ...hyperparameters } }, trained.labels),
    );
    return { kind: 'known', runs: listRuns(basis, trained.labels), searched };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return unknown(error.message);
  }
}

function listRuns(basis: PlanBasis, labels: readonly string[]): RunFingerprint[] {
  return labels.flatMap((label) => {
    const run = basis.spec.train?.runs[label];
    return run ? [{ label, fingerprint: planRun(basis, label, run, '', {}).fingerprint }] : [];
  });
}

/** Best values of the searches that main or a release made for this tree: train-model lays them over the spec's. */
async function findBest(
  basis: PlanBasis,
  rehearsal: boolean,
  { openSearches }: Pick<DeployDeps, 'openSearches'>,
): Promise<Readonly<Record<string, string>>[]> {
  const { spec } = basis;
  if (!spec.tune) return [];
  const { fingerprint } = planSearch(basis, spec.tune, '', { kind: 'unknown', why: 'no price is needed for a fingerprint' });
  const ofZones = await Promise.all(trustedZones.map((zone) => openSearches(zone).findByFingerprint(fingerprint)));
  return ofZones
    .flat()
    .filter((record) => record.rehearsal === rehearsal && record.spec.name === spec.name)
    .flatMap(({ best }) => (best ? [best.hyperparameters] : []));
}

const unknown = (why: string): Fingerprints => ({ kind: 'unknown', why });

/** What train-model is asked for when its step has no inputs. */
const nothingAsked = {
  labels: [],
  hyperparameters: {},
  maxCostUsd: undefined,
  allowUnknownPrice: false,
  force: false,
  wait: true,
};

const quiet: Log = { info() {}, notice() {}, warning() {}, error() {}, untrusted() {}, mask() {} };
