import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Buckets } from '../../contract.ts';
import { launcherSource } from '../../machines/launcher.generated.ts';
import { moveOptMl, type HostFolder } from './host-folder.ts';
import { JobFailure } from './job-failure.ts';
import { parseS3Uri } from './s3-uri.ts';

/**
 * A job without ContainerEntrypoint, as the trials of a search always are, runs what its image starts. The framework images start a script
 * that two hyperparameters name: `sagemaker_program`, and `sagemaker_submit_directory` with its code as a tar.gz, in S3 or in a channel.
 * The launcher plays their part here: it unpacks the code and gives the script arguments and environment as they do.
 */
interface ScriptMode {
  readonly program: string;
  /** `s3://…` or `/opt/ml/…`. */
  readonly code: string;
}

type Request = Pick<CreateTrainingJobRequest, 'AlgorithmSpecification' | 'HyperParameters'>;

/** Undefined for a job that names its command, and for one that says nothing at all. */
export function findScriptMode({ AlgorithmSpecification: algorithm, HyperParameters: given }: Request): ScriptMode | undefined {
  const [program, code] = [given?.['sagemaker_program'], given?.['sagemaker_submit_directory']].map(unquote);
  if (algorithm?.ContainerEntrypoint?.length || !program || !code) return undefined;
  return { program, code };
}

/** The command of a host, before paths are led to its folder. */
export function listCommand(request: Request, host: HostFolder): string[] {
  const { ContainerEntrypoint: entrypoint = [], ContainerArguments: more = [] } = request.AlgorithmSpecification ?? {};
  return findScriptMode(request) ? ['python3', join(folderOf(host), 'launcher.py')] : [...entrypoint, ...more];
}

/** Lays launcher and code out on every host, once the channels are there. @throws JobFailure when the code is not where it should be */
export async function layOutScript(buckets: Buckets, request: Request, hosts: readonly HostFolder[]): Promise<void> {
  const script = findScriptMode(request);
  if (!script) return;
  for (const host of hosts) {
    const folder = folderOf(host);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'launcher.py'), launcherSource);
    const file = findCode(buckets, script.code, host);
    if (file === undefined) throw noCode(script.code, 'there is none');
    await copyFile(file, join(folder, 'code.tar.gz')).catch((error: unknown) => {
      throw noCode(script.code, error instanceof Error ? error.message : String(error));
    });
  }
}

/** Beside /opt/ml, where the image's own programs are. */
const folderOf = (host: HostFolder) => join(host.root, 'script-mode');

function findCode(buckets: Buckets, place: string, host: HostFolder): string | undefined {
  if (place.startsWith('/opt/ml/')) return moveOptMl(place, host.optMl);
  if (!/^s3:\/\/[^/]/.test(place)) return undefined;
  const { bucket, key } = parseS3Uri(place);
  return buckets.exists(bucket) ? buckets.fileOf(bucket, key) : undefined;
}

function noCode(place: string, why: string): JobFailure {
  return new JobFailure(
    `ClientError: sagemaker_submit_directory ${place} cannot be read: ${why}. It must be a .tar.gz in S3 or below /opt/ml.`,
  );
}

/** SDKs write every hyperparameter as JSON. */
function unquote(text: string | undefined): string | undefined {
  return text?.replace(/^"(.*)"$/s, '$1');
}
