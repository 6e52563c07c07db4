import { findProvisionedPrice } from '../../prices/lambda-price.ts';
import { findLambdaWorkPrice } from '../../prices/lambda-work-price.ts';
import type { RunContext } from '../../records/context.ts';
import { zoneUri } from '../../records/keys.ts';
import type { ObjectStore } from '../../records/ports.ts';
import { renderRelease } from '../../report/release-render.ts';
import { releaseRecord, type ReleaseRecord } from '../../serving/record.ts';
import type { Spec } from '../../spec/spec.ts';
import type { ReportDeps } from './deps.ts';
import type { Outputs } from './run.ts';

/** What a release's report needs beside a training's. */
export interface ReleaseDeps extends Pick<ReportDeps, 'context' | 'log' | 'step' | 'clock' | 'saveHtml'> {
  readonly objects: Pick<ObjectStore, 'list' | 'readText'>;
}

/**
 * The summary of a release; undefined for a run that is none, or that recorded nothing of it. A release belongs to no pull request,
 * so no comment is touched.
 */
export async function reportRelease(
  spec: Pick<Spec, 'name' | 'bucket' | 'region'>,
  deps: ReleaseDeps,
): Promise<Outputs | undefined> {
  const { context, step } = deps;
  if (!mayRelease(context) || spec.bucket === undefined) return undefined;
  const { bucket, name } = spec;
  const records = (await readReleaseRecords(bucket, deps)).filter((record) => record.spec.name === name);
  if (records.length === 0) return undefined;
  const region = spec.region ?? process.env.AWS_REGION ?? '';
  const report = renderRelease({
    spec: { name },
    records,
    context,
    lambdaPrices: { warm: findProvisionedPrice(region), work: findLambdaWorkPrice(region) },
    notes: [],
    now: deps.clock.now(),
  });
  const html = await deps.saveHtml(report.html);
  await step.summary(report.summary);
  return { html, skipped: false };
}

/** Whoever pushes to main trains; a tag or a start by hand releases. */
function mayRelease({ ref, event }: RunContext): boolean {
  return ref.startsWith('refs/tags/') || event === 'workflow_dispatch';
}

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
