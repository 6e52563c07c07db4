import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { pack } from 'tar-stream';
import type { Weather } from '../../../../src/cloud/contract.ts';
import { createMachinery } from '../../../../src/cloud/machines/machinery.ts';
import { createScalingHandlers } from '../../../../src/cloud/services/application-auto-scaling/handlers.ts';
import { scaleTargets } from '../../../../src/cloud/services/application-auto-scaling/scaler.ts';
import { createTargets } from '../../../../src/cloud/services/application-auto-scaling/targets.ts';
import type { ServingOptions } from '../../../../src/cloud/services/sagemaker/serving/options.ts';
import { createServing } from '../../../../src/cloud/services/sagemaker/serving/serving-room.ts';
import { createTagHandlers } from '../../../../src/cloud/services/sagemaker/tags.ts';
import { createFolderCloud, role } from './local-training.ts';

/** A model that answers what it was told at its making, and obeys what a request asks of it. */
export const echoCode = `
import json, os, sys, time
def model_fn(model_dir):
    with open(os.path.join(model_dir, "word.txt")) as file:
        return file.read()
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(asked, model):
    if asked.get("sleep"):
        time.sleep(asked["sleep"])
    if asked.get("raise"):
        raise ValueError(asked["raise"])
    if asked.get("exit"):
        os._exit(9)
    return {"word": model, "pid": os.getpid()}
def output_fn(answer, accept):
    return json.dumps(answer), "application/json"
`;

/** Endpoints on this machine, called without the wire. A minute of AWS lasts a second. */
export async function startServing(options: ServingOptions = {}, weather: Partial<Weather> = {}) {
  const { cloud, folder, buckets, clock, logs, metrics, alarms } = await createFolderCloud(weather);
  const targets = createTargets(({ policies }) => {
    for (const { highAlarm, lowAlarm } of policies.values()) [highAlarm, lowAlarm].forEach(cloud.alarms.remove);
  });
  const serving = createServing(cloud, createMachinery(cloud), targets, { minuteSeconds: 1, ...options });
  const { handlers, runtimeHandlers, scalable } = serving;
  const deps = { cloud, targets, variants: scalable, minuteSeconds: options.minuteSeconds ?? 1 };

  /** Packs `files` as an archive in S3 and makes a model, and a configuration of the same name, of it. */
  const prepare = async (
    name: string,
    files: Readonly<Record<string, string>>,
    { count = 1, model = {}, variant = {} }: PrepareMore = {},
  ) => {
    const archive = join(folder, `${name}.tar.gz`);
    const tar = pack();
    for (const [path, text] of Object.entries(files)) tar.entry({ name: path }, text);
    tar.finalize();
    await pipeline(tar, createGzip(), createWriteStream(archive));
    await buckets.putFile('bucket', `${name}/model.tar.gz`, archive);
    handlers.CreateModel({
      ModelName: name,
      ExecutionRoleArn: role,
      PrimaryContainer: { Image: 'image', ModelDataUrl: `s3://bucket/${name}/model.tar.gz`, ...model },
    });
    handlers.CreateEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [
        { VariantName: 'all', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: count, ...variant },
      ],
    });
  };
  const describe = (name: string) => handlers.DescribeEndpoint({ EndpointName: name });
  /** Polls until `done` accepts the endpoint; throws with its last state after 20 s. */
  const until = async (name: string, done: (endpoint: sagemaker.DescribeEndpointOutput) => boolean) => {
    for (let waited = 0; waited < 20_000; waited += 20) {
      const endpoint = describe(name);
      if (done(endpoint)) return endpoint;
      await clock.sleep(20);
    }
    throw new Error(`The endpoint did not get there: ${JSON.stringify(describe(name), undefined, 1)}`);
  };
  const settled = (name: string) =>
    until(name, ({ EndpointStatus: status }) => !['Creating', 'Updating', 'RollingBack', 'Deleting'].includes(status ?? ''));
  return {
    cloud,
    handlers,
    metrics,
    alarms,
    tags: createTagHandlers(serving.findTags),
    runtime: runtimeHandlers,
    scaling: createScalingHandlers(deps),
    /** One look of Application Auto Scaling. */
    scale: () => scaleTargets(deps),
    prepare,
    echo: (name: string, word: string, more?: PrepareMore) =>
      prepare(name, { 'word.txt': word, 'code/inference.py': echoCode }, more),
    describe,
    until,
    settled,
    create: (name: string, config = name) => {
      handlers.CreateEndpoint({ EndpointName: name, EndpointConfigName: config });
      return settled(name);
    },
    invoke: async (name: string, body: unknown = {}, more: Record<string, string> = {}) => {
      const answer = await runtimeHandlers.InvokeEndpoint({
        EndpointName: name,
        Body: Buffer.from(JSON.stringify(body)),
        ContentType: 'application/json',
        ...more,
      });
      return { ...answer, json: parse(answer.Body) };
    },
    linesOf: (name: string) =>
      logs.streams(`/aws/sagemaker/Endpoints/${name}`).flatMap((stream) => stream.events.map((event) => event.message)),
    close: async () => {
      await serving.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface PrepareMore {
  readonly count?: number;
  readonly model?: Partial<sagemaker.ContainerDefinition>;
  readonly variant?: Partial<sagemaker.ProductionVariant>;
}

export type Serving = Awaited<ReturnType<typeof startServing>>;

function parse(bytes: Uint8Array): { word: string; pid: number } {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString());
  if (typeof value === 'object' && value !== null && 'word' in value && 'pid' in value)
    return { word: String(value.word), pid: Number(value.pid) };
  throw new Error(`Not an answer of the model: ${JSON.stringify(value)}`);
}
