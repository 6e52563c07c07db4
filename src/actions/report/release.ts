import { findProvisionedPrice } from '../../prices/lambda-price.ts';
import { findLambdaWorkPrice } from '../../prices/lambda-work-price.ts';
import type { RunContext, Zone } from '../../records/context.ts';
import { zoneUri } from '../../records/keys.ts';
import type { ObjectStore } from '../../records/ports.ts';
import { renderRelease } from '../../report/release-render.ts';
import { releaseRecord, type ReleaseRecord } from '../../serving/record.ts';
import type { Spec } from '../../spec/spec.ts';
import type { ReportDeps } from './deps.ts';
import type { Outputs } from './run.ts';

const noRelease = `### Trainyard: nothing was deployed in this run

No step of this run got as far as recording a deployment: the log of the step that failed says why, and what is live is what it was.
`;

/** What a release's report needs beside a training's. */
export interface ReleaseDeps extends Pick<ReportDeps, 'records' | 'context' | 'log' | 'step' | 'clock' | 'saveHtml'> {
  readonly objects: Pick<ObjectStore, 'list' | 'readText'>;
}

/**
 * The summary of a release; undefined for a run that is none, or that trained instead. A release belongs to no pull request, so no
 * comment is touched.
 */
export async function reportRelease(
  spec: Pick<Spec, 'name' | 'bucket' | 'region' | 'smoke' | 'data' | 'network' | 'kmsKey' | 'environmentName'>,
  deps: ReleaseDeps,
): Promise<Outputs | undefined> {
  const { context, step } = deps;
  if (!mayRelease(context) || spec.bucket === undefined) return undefined;
  const { bucket, name } = spec;
  const records = (await readReleaseRecords(bucket, deps)).filter((record) => record.spec.name === name);
  if (records.length === 0) return reportNoRelease(context, deps);
  const region = spec.region ?? process.env.AWS_REGION ?? '';
  const report = renderRelease({
    spec: { name },
    place: { ...spec, region, bucket, zone: findTrainingZone(spec.environmentName) },
    records,
    smokeCases: spec.smoke.length,
    context,
    lambdaPrices: { warm: findProvisionedPrice(region), work: findLambdaWorkPrice(region) },
    notes: [],
    now: deps.clock.now(),
  });
  const html = await deps.saveHtml(report.html);
  await step.summary(report.summary);
  return { html, skipped: false };
}

/** Whose training role the spec names: infra/bootstrap.yml has one for each zone, and main's and releases' are in overlays. */
function findTrainingZone(environment: string | undefined): Zone['kind'] {
  if (environment === undefined) return 'pull-request';
  return environment === 'main' ? 'main' : 'release';
}

async function reportNoRelease(context: RunContext, { records, log, step }: ReleaseDeps): Promise<Outputs | undefined> {
  if (!isTag(context) || (await records.readRun(context.workflow.runId)).length > 0) return undefined;
  log.notice('This run recorded no step of a release, so there is nothing to report.');
  await step.summary(noRelease);
  return { skipped: false };
}

/** Whoever pushes to main trains; a tag or a start by hand releases. */
function mayRelease(context: RunContext): boolean {
  return isTag(context) || context.event === 'workflow_dispatch';
}

const isTag = ({ ref }: RunContext) => ref.startsWith('refs/tags/');

async function readReleaseRecords(bucket: string, { objects, context, log }: ReleaseDeps): Promise<ReleaseRecord[]> {
  const prefix = `${zoneUri(bucket, { kind: 'release' })}deployments/${context.workflow.runId}/`;
  const found = await objects.list(prefix);
  const records = await Promise.all(
    found.map(async ({ uri }) => {
      const parsed = releaseRecord.safeParse(parseJson((await objects.readText(uri)) ?? ''));
      if (parsed.success && parsed.data.runId === context.workflow.runId) return [parsed.data];
      log.warning(`Passed over ${uri}: it is not a record of this release.`);
      return [];
    }),
  );
  return records.flat();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
