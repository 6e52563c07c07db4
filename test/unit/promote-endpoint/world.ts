import type { PromoteDeps } from '../../../src/actions/promote-endpoint/deps.ts';
import { ActionError } from '../../../src/action-error.ts';
import type { Deployments, Endpoint, Invocation, ScalingState } from '../../../src/serving/ports.ts';
import type { ReleaseRecord } from '../../../src/serving/record.ts';
import type { Spec } from '../../../src/spec/spec.ts';

const start = Date.parse('2026-11-22T12:00:00Z');

interface Alias {
  version: string;
  revision: string;
  weighted: boolean;
  description: string;
}

/** A small account in memory: one function with versions and aliases, endpoints that do as they are told, and a clock that only sleeps. */
export interface World {
  readonly aliases: Map<string, Alias>;
  readonly endpoints: Map<string, Endpoint>;
  readonly tags: Map<string, Record<string, string>>;
  readonly scaling: Map<string, ScalingState>;
  readonly provisioned: Set<string>;
  readonly outputs: Map<string, string>;
  readonly state: Map<string, unknown>;
  readonly records: ReleaseRecord[];
  readonly lines: string[];
  /** `<deployment id> <state>` in order. */
  readonly statuses: string[];
  readonly abort: AbortController;
  /** What the function answers, by the version that runs. */
  answer: (version: string) => string;
  /** Runs before every write; throws to make it fail. */
  before: (call: string) => void;
  /** What an endpoint becomes when it is told to update. */
  update: (endpoint: Endpoint, configName: string) => Endpoint;
  addEndpoint(name: string, more?: Partial<Endpoint>): void;
  addVersion(version: string, endpointName: string): void;
  setAlias(name: string, version: string, description?: string): void;
  readonly deps: PromoteDeps;
}

export const right = JSON.stringify({ statusCode: 200, body: '[[0.1,0.9]]' });
export const wrong = JSON.stringify({ statusCode: 200, body: '[[0.9,0.1]]' });

export function createWorld(change: (spec: Spec) => Spec = (spec) => spec): World {
  let now = start;
  let revisions = 0;
  const versions = new Map<string, { environment: Record<string, string>; description: string }>();
  const configs = new Map<string, { modelName: string; instanceType: string; instanceCount: number }>();
  const note = (call: string) => world.before(call);
  const spec = change(baseSpec);
  const world: World = {
    aliases: new Map(),
    endpoints: new Map(),
    tags: new Map(),
    scaling: new Map(),
    provisioned: new Set(),
    outputs: new Map(),
    state: new Map(),
    records: [],
    lines: [],
    statuses: [],
    abort: new AbortController(),
    answer: () => right,
    before: () => undefined,
    update: (endpoint, configName) => ({ ...endpoint, configName }),
    addEndpoint(name, more = {}) {
      const variant = { name: 'all', instances: 1, desiredInstances: 1 };
      const arn = `arn:endpoint/${name}`;
      world.endpoints.set(name, {
        name,
        arn,
        status: 'InService',
        configName: name,
        pending: false,
        created: new Date(start),
        variant,
        ...more,
      });
      if (!configs.has(name)) configs.set(name, { modelName: name, instanceType: 'ml.m5.large', instanceCount: 1 });
    },
    addVersion: (version, endpointName) =>
      void versions.set(version, {
        environment: { TRAINYARD_ENDPOINT: endpointName },
        description: `release ${endpointName} of commit ${version.padStart(7, 'c')} (run 1)`,
      }),
    setAlias(name, version, description = '') {
      revisions += 1;
      world.aliases.set(name, { version, revision: `r${revisions}`, weighted: false, description });
    },
    // Set below: it needs the world it is part of.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    deps: undefined as unknown as PromoteDeps,
  };

  const functions: PromoteDeps['functions'] = {
    describe: async () => undefined,
    ensure: async () => 'exists',
    publish: async (request) => {
      note('publish');
      const version = String(versions.size + 1);
      versions.set(version, { environment: { ...request.environment }, description: request.description });
      return { version, environment: request.environment, outcome: 'published' };
    },
    version: async (_name, version) => {
      const found = versions.get(version);
      return found && { version, ...found };
    },
    versions: async () =>
      [...versions].map(([version, { environment }]) => ({ version, environment, modified: new Date(start) })),
    alias: async (_name, alias) => world.aliases.get(alias),
    putAlias: async (_name, alias, version, revision, description) => {
      note(`alias ${alias} -> ${version}`);
      if (world.aliases.get(alias)?.revision !== revision) return 'moved-by-others';
      world.setAlias(alias, version, description);
      return 'done';
    },
    deleteAlias: async (_name, alias) => {
      note(`delete alias ${alias}`);
      world.aliases.delete(alias);
    },
    deleteVersion: async () => undefined,
  };

  const deployments: Deployments = {
    start: async () => ({ id: 2 }),
    setStatus: async (id, state) => void world.statuses.push(`${id} ${state}`),
    findActive: async () => [{ id: 1, commit: 'c' }],
  };

  const invoke = async (qualifier: string): Promise<Invocation> => {
    const version = world.aliases.get(qualifier)?.version ?? '';
    const payload = world.answer(version);
    return { payload, executedVersion: version, milliseconds: 5, cold: false, logTail: [] };
  };

  Object.assign(world, {
    deps: {
      spec,
      // Only what is read here.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      context: {
        repository: { id: '1', owner: 'octo', name: 'models' },
        serverUrl: 'https://github.example',
        commit: 'c0ffee0',
        ref: 'refs/tags/v1',
        workflow: { runId: '7', attempt: 1 },
      } as PromoteDeps['context'],
      functions,
      endpoints: {
        describe: async (name) => world.endpoints.get(name),
        create: async ({ name, configName }) => {
          note(`create endpoint ${name}`);
          world.addEndpoint(name, { configName });
          return 'created';
        },
        update: async ({ name, configName }) => {
          note(`update ${name} to ${configName}`);
          const endpoint = world.endpoints.get(name);
          if (endpoint) world.endpoints.set(name, world.update(endpoint, configName));
        },
        setInstances: async (name, count) => {
          note(`set ${name} to ${count}`);
          grow(name, count);
        },
        delete: async (name) => {
          note(`delete endpoint ${name}`);
          return world.endpoints.delete(name) ? 'deleted' : 'missing';
        },
        list: async () => [],
      },
      configs: {
        describe: async (name) => {
          const found = configs.get(name);
          return found && { name, arn: `arn:config/${name}`, created: new Date(start), ...found };
        },
        create: async ({ name, modelName, instanceType, instanceCount }) => {
          if (configs.has(name)) return 'exists';
          configs.set(name, { modelName, instanceType, instanceCount });
          return 'created';
        },
        delete: async () => 'deleted',
        list: async () => [],
      },
      models: {
        describe: async (name) => ({ name, arn: `arn:model/${name}`, image: 'i', dataUri: 'd', created: new Date(start) }),
        create: async () => 'created',
        delete: async () => 'deleted',
        list: async () => [],
      },
      tags: {
        read: async (arn) => world.tags.get(arn) ?? {},
        write: async (arn, tags) => {
          note(`tag ${arn}`);
          world.tags.set(arn, { ...world.tags.get(arn), ...tags });
        },
      },
      scaling: {
        read: async (endpoint) => world.scaling.get(endpoint),
        register: async (endpoint, _variant, range) => {
          note(`scale ${endpoint} ${range.min}-${range.max}`);
          world.scaling.set(endpoint, { ...world.scaling.get(endpoint), min: range.min, max: range.max });
          grow(endpoint, range.min);
        },
        putPolicy: async () => undefined,
        deregister: async (endpoint) => {
          note(`unscale ${endpoint}`);
          world.scaling.delete(endpoint);
        },
      },
      concurrency: {
        account: async () => ({ total: 1000, unreserved: 1000 }),
        reserved: async () => undefined,
        putReserved: async () => undefined,
        provisioned: async (_name, version) =>
          world.provisioned.has(version) ? { requested: 1, available: 1, status: 'READY' } : undefined,
        putProvisioned: async () => undefined,
        deleteProvisioned: async (_name, version) => void world.provisioned.delete(version),
      },
      invocations: { invoke: async ({ qualifier }) => invoke(qualifier) },
      deployments,
      records: { write: async (record) => void world.records.push(record) },
      step: {
        output: (name, value) => void world.outputs.set(name, value),
        saveState: (name, value) => void world.state.set(name, value),
        readState: (name) => world.state.get(name),
        summary: async () => undefined,
      },
      log: {
        info: (line) => void world.lines.push(line),
        notice: (line) => void world.lines.push(line),
        warning: (line) => void world.lines.push(`warning: ${line}`),
        error: (line) => void world.lines.push(line),
        untrusted: () => undefined,
        mask: () => undefined,
      },
      clock: {
        now: () => new Date(now),
        sleep: async (ms) => {
          now += ms;
        },
      },
      signal: world.abort.signal,
      isRehearsal: async () => true,
      readText: async (path) => {
        throw new ActionError({ kind: 'input', message: `There is no ${path}.`, fix: 'Add it.' });
      },
      readHandler: async () => new Uint8Array(),
    } satisfies PromoteDeps,
  });
  return world;

  function grow(name: string, count: number): void {
    const endpoint = world.endpoints.get(name);
    if (!endpoint || endpoint.variant.instances >= count) return;
    world.endpoints.set(name, { ...endpoint, variant: { ...endpoint.variant, instances: count, desiredInstances: count } });
  }
}

const baseSpec: Spec = {
  path: 'trainyard.yml',
  name: 'dogs',
  roles: { lambda: 'arn:l' },
  network: { subnets: [], securityGroups: [], isolation: false },
  tags: {},
  environment: {},
  volumeGb: 30,
  data: {},
  hyperparameters: {},
  metrics: {},
  budget: {},
  serve: {
    entryPoint: 'inference.py',
    image: 'i',
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    strategy: 'alias',
    environment: {},
    lambda: { memoryMb: 256, timeoutSeconds: 30 },
    candidateTtlSeconds: 7200,
    keepPreviousSeconds: 3600,
    rollout: { kind: 'all-at-once', waitSeconds: 0, alarms: [] },
  },
  smoke: [{ name: 'a dog', event: { json: {} }, expect: { status: 200, argMax: 1 }, repeat: 1, concurrency: 1 }],
  request: {},
  lines: {},
};
