import { join } from 'node:path';
import type { Clock } from '../../../time/clock.ts';
import type { Machinery } from '../../machines/machinery.ts';
import type { Watch } from '../../machines/sampler.ts';
import type { HostLog } from '../../machines/host-log.ts';
import { createHostGroup, onAbort, type HostGroup } from '../../machines/host-group.ts';
import { startHost, type Host, type HostEnd } from '../../machines/start-host.ts';
import { listEnvironment } from './host-environment.ts';
import { moveOptMl, type HostFolder } from './host-folder.ts';
import type { Job } from './job.ts';
import type { MetricScan } from './metric-scan.ts';
import { listCommand } from './script-mode.ts';

/** What executing needs of the cloud. */
export interface TrainingMachinery extends Machinery {
  readonly clock: Clock;
  readonly region: string;
  /** From SIGTERM to SIGKILL: 120 on SageMaker. */
  readonly stopGraceSeconds: number;
}

export interface Machine extends HostFolder {
  readonly log: HostLog;
  readonly watch: Watch;
}

/** How one host ended. */
export interface HostOutcome {
  readonly machine: Machine;
  readonly end: HostEnd;
}

/** When one host has failed, how long the others have to end by themselves. */
const failureGraceMs = 5000;

/**
 * Runs the command on all machines until every one has ended. One that fails ends the others; `job.end` ends them all with the grace,
 * `job.close` at once.
 * @returns outcomes in the order in which the hosts ended
 */
export async function runHosts(
  job: Job,
  machines: readonly Machine[],
  scan: MetricScan,
  machinery: TrainingMachinery,
): Promise<HostOutcome[]> {
  const outcomes: HostOutcome[] = [];
  const group = createHostGroup();
  const over = new AbortController();
  const failOthers = async () => {
    group.stop();
    await machinery.clock.sleep(failureGraceMs, over.signal);
    group.kill();
  };
  const runOne = async (machine: Machine) => {
    const { host, ended } = await startMachine(job, machine, scan, machinery);
    group.add(host);
    const end = await ended;
    outcomes.push({ machine, end });
    if (end.exitCode !== 0 && outcomes.length < machines.length && !job.end.signal.aborted) void failOthers();
  };
  const undo = [onAbort(job.end.signal, group.stop), onAbort(job.close.signal, group.kill)];
  try {
    const results = await Promise.allSettled(machines.map((machine) => runOne(machine).catch(endGroup(group))));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return outcomes;
  } finally {
    over.abort();
    for (const forget of undo) forget();
  }
}

/** A host that cannot even be started is the end of the others. */
function endGroup(group: HostGroup) {
  return (error: unknown): never => {
    group.kill();
    throw error;
  };
}

/** One machine: its output goes into the log and the metric scan, its load to its watch. */
async function startMachine(
  job: Job,
  machine: Machine,
  scan: MetricScan,
  machinery: TrainingMachinery,
): Promise<{ host: Host; ended: Promise<HostEnd> }> {
  const host = await startHost({
    python: machinery.python.executable,
    reaper: machinery.reaper,
    folder: machine.root,
    home: join(machine.root, 'home'),
    command: listCommand(job.request, machine).map((text) => moveOptMl(text, machine.optMl)),
    env: listEnvironment(job, machine, machinery.region, machinery.python),
    stopGraceSeconds: machinery.stopGraceSeconds,
    onLines: (lines) => {
      machine.log.write(lines);
      const at = machinery.clock.now();
      for (const line of lines) scan.read(line, at);
    },
  });
  machine.watch.attach(host.pid);
  const ended = host.ended.then((end) => {
    machine.watch.detach(end.cpuSeconds);
    return end;
  });
  return { host, ended };
}
