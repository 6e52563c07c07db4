import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listBaseEnvironment } from '../../machines/base-environment.ts';
import type { Python } from '../../machines/find-python.ts';
import { onAbort } from '../../machines/host-group.ts';
import { writeInstanceInit } from '../../machines/instance-init.ts';
import type { Machinery } from '../../machines/machinery.ts';
import { startHost, type HostPlan } from '../../machines/start-host.ts';
import { noteOnConsole, writeConsole } from './console.ts';
import { changeInstance, type Instance } from './instance.ts';
import { createMetadata } from './metadata.ts';
import { type MetadataServer, startMetadataServer } from './metadata-server.ts';
import { createLoadPublisher } from './publish-load.ts';
import { createRoleCredentials } from './role-credentials.ts';
import type { Ec2Room } from './room.ts';
import { writeShutdownCommands } from './shutdown.ts';
import type { ShutdownTimer } from './shutdown-timer.ts';
import { readScript } from './user-data.ts';

/** A machine's folder: `bin` in front of PATH, `home`, `tmp`, and what /opt/ml is on AWS. */
const folderOf = (room: Ec2Room, instance: Instance) => join(room.cloud.folder, 'instances', instance.id);

/**
 * Runs a machine from its start until no process of it is left. `instance.end` shuts it down, `instance.close` ends it at once.
 * @param started called when its user data begins
 * @throws Error when it cannot be started
 */
export async function operate(instance: Instance, room: Ec2Room, timer: ShutdownTimer, started: () => void): Promise<void> {
  const machinery = await room.machines();
  const { image } = instance.plan;
  const python = image.torch ? await machinery.pythonFor('pytorch') : machinery.python;
  const root = folderOf(room, instance);
  for (const folder of ['bin', 'home', 'tmp', 'opt/ml']) await mkdir(join(root, folder), { recursive: true });
  const metadata = await startMetadata(instance, room, timer);
  try {
    await writeShutdownCommands(join(root, 'bin'), python.executable, metadata);
    const command = await layOutCommand(instance, room, machinery, root);
    const plan: HostPlan = {
      python: machinery.python.executable,
      reaper: machinery.reaper,
      folder: root,
      home: join(root, 'home'),
      command: [machinery.python.executable, '-I', '-S', '-B', ...command],
      env: listEnvironment(room, root, python, metadata),
      stopGraceSeconds: room.times.shutdownSeconds,
      onLines: (lines) => writeConsole(instance, room.cloud.clock, lines),
    };
    await runHost(instance, room, machinery, plan, started);
  } finally {
    metadata.close();
    await rm(root, { recursive: true, force: true }).catch(() => {});
  }
}

function startMetadata(instance: Instance, room: Ec2Room, timer: ShutdownTimer): Promise<MetadataServer> {
  const { clock, roles, region, account } = room.cloud;
  const credentials = createRoleCredentials(instance.plan.profile, instance.id, { clock, roles, mint: room.mintSession });
  return startMetadataServer(instance.address, createMetadata(instance, clock, credentials, region, account), (args) =>
    timer.ask(args),
  );
}

/** Files of the first process and of the user data. @returns what Python is called with */
async function layOutCommand(instance: Instance, room: Ec2Room, { reaper }: Machinery, root: string): Promise<string[]> {
  const { clock } = room.cloud;
  const init = join(dirname(reaper), 'instance-init.py');
  await writeInstanceInit(init);
  const limit = String(Math.round((room.options.largestFileMb ?? 0) * 2 ** 20));
  const { userData, image, instanceType } = instance.plan;
  noteOnConsole(
    instance,
    clock,
    `${instance.id} (${instanceType}) is this machine at ${instance.address}; ${image.name} is not run`,
  );
  const parsed = userData ? readScript(userData) : 'there is no user data';
  if (typeof parsed === 'string') {
    noteOnConsole(instance, clock, parsed);
    return [init, limit];
  }
  const script = join(root, 'user-data');
  await writeFile(script, parsed.script, { mode: 0o700 });
  return [init, limit, ...parsed.interpreter, script];
}

/** All a machine's processes see. Nothing of it points to the system's bus: its `shutdown` is the machine's own. */
function listEnvironment(room: Ec2Room, root: string, python: Python, { host, port }: MetadataServer): Record<string, string> {
  const { AWS_EC2_METADATA_DISABLED: _off, ...base } = listBaseEnvironment(python, root);
  return {
    ...base,
    PATH: `${join(root, 'bin')}:${base['PATH'] ?? ''}`,
    AWS_ENDPOINT_URL: room.endpointUrl(),
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}:${port}`,
    SAGEMAKER_BASE_DIR: join(root, 'opt/ml'),
    DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(root, 'no-bus')}`,
  };
}

async function runHost(
  instance: Instance,
  room: Ec2Room,
  { sampler }: Machinery,
  plan: HostPlan,
  started: () => void,
): Promise<void> {
  const { clock, metrics } = room.cloud;
  if (instance.end.signal.aborted) return;
  const watch = sampler.watch(createLoadPublisher(metrics, instance, room.times.minuteMs));
  try {
    const host = await startHost(plan);
    changeInstance(instance, clock, instance.end.signal.aborted ? {} : { name: 'running' });
    watch.attach(host.pid);
    started();
    const undo = [onAbort(instance.end.signal, host.stop), onAbort(instance.close.signal, host.kill)];
    const { cpuSeconds } = await host.ended;
    for (const forget of undo) forget();
    watch.detach(cpuSeconds);
  } finally {
    watch.close();
  }
}
