import { join } from 'node:path';
import type { Cloud } from '../../contract.ts';
import { changeJob, type Job } from './job.ts';
import type { Machine } from './run-hosts.ts';
import { joinKey } from './s3-uri.ts';
import { uploadArtifact } from './upload-artifacts.ts';

/** Packs and uploads what the hosts left, also after a stop. @throws JobFailure when it cannot be uploaded */
export async function uploadResults(job: Job, cloud: Cloud, machines: readonly Machine[], workFolder: string): Promise<void> {
  changeJob(job, cloud.clock, { secondaryStatus: 'Uploading', message: 'Uploading generated training model' });
  const s3Uri = joinKey(job.request.OutputDataConfig?.S3OutputPath ?? '', job.name, 'output');
  const upload = async (name: string, folder: string) => {
    const folders = machines.map((machine) => join(machine.optMl, folder));
    const { uri, clashes = [] } = (await uploadArtifact(cloud.buckets, { name, folders, workFolder, s3Uri })) ?? {};
    if (clashes.length > 0) {
      const some = clashes.slice(0, 5).join(', ');
      machines[0]?.log.note(`several hosts wrote the same paths into ${folder}; ${name} has the first host's: ${some}`);
    }
    return uri;
  };
  const modelUri = await upload('model.tar.gz', 'model');
  if (modelUri !== undefined) job.state.modelUri = modelUri;
  await upload('output.tar.gz', 'output/data');
  await cloud.clock.sleep(cloud.weather.trainingStatusMs.Uploading);
}
