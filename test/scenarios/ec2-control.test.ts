import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Clients } from '../../src/aws/clients.ts';
import { createMachines } from '../../src/aws/ec2-machines.ts';
import { createMachinePrices } from '../../src/aws/ec2-prices.ts';
import { repository } from '../support/facts.ts';
import { type Account, stack, startAccount } from '../support/shipped-roles.ts';
import { listReduced } from '../support/stack.ts';

const shipped = 'PullRequestRole';
const policies = stack.roles.get(shipped)?.policies ?? {};
/**
 * What CI may do about machines: the policy of its own, and the right to give them their role. Only an account's first spot request
 * needs FirstSpot, and here no request is the first.
 */
const reduced = listReduced(policies)
  .filter(({ without }) => /^Ec2Control (?!FirstSpot)|PassEc2Role/.test(without))
  .map(({ without, policies: left }, index) => ({ without, policies: left, name: `ci-${index}`, of: shipped }));

/** A sweep finds machines that lost their run, and ends them. */
const sweeping = stack.roles.get('CleanUpRole')?.policies ?? {};
const reducedSweep = listReduced(sweeping)
  .filter(({ without }) => without.endsWith('Machines'))
  .map(({ without, policies: left }, index) => ({ without, policies: left, name: `sweep-${index}`, of: shipped }));

let account: Account;
beforeAll(async () => {
  account = await startAccount([...reduced, { name: 'sweep', of: shipped, policies: sweeping }, ...reducedSweep]);
});
afterAll(() => account.close());

const tagsOf = (name: string) => ({ 'trainyard:repo': `${repository.owner}/${repository.name}`, 'trainyard:job': name });

/** Everything that a step does with EC2: image, machines of both markets, their consoles, their prices, their end. */
async function useMachines(clients: Clients, name: string): Promise<void> {
  const machines = createMachines(clients);
  const image = await machines.findImage(['/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64']);
  const tags = tagsOf(name);
  for (const spot of [false, true]) {
    const started = await machines.start({
      clientToken: `${name}-${spot}`,
      imageId: image?.id ?? '',
      instanceType: 't3.small',
      securityGroups: [],
      instanceProfile: 'Ec2ProfilePullRequest',
      userData: '#!/bin/sh\necho begun\n',
      rootDevice: image?.rootDevice ?? '',
      volumeGb: 8,
      spot,
      tags,
    });
    if (started.outcome !== 'started') throw started.error;
    const found = await machines.find(tags);
    await machines.console(started.machine.id);
    await machines.terminate(started.machine.id);
    const price = await createMachinePrices(clients).spot('t3.small', found[0]?.zone, clients.clock.now());
    if (price.kind === 'unknown') throw new Error(price.why);
  }
}

test('CI of pull requests starts, watches and ends machines with the role that infra/bootstrap.yml gives it', async () => {
  await useMachines(account.assume(shipped), shipped);
  expect(account.findRefused(shipped)).toBeUndefined();
});

test.concurrent.each(reduced)('without $without, CI is refused something that it needs', async ({ name, without }) => {
  await expect(useMachines(account.assume(name), name)).rejects.toThrow(/may not/);
  const [policy = '', sid] = without.split(' ');
  const lost = policies[policy]?.Statement.find((statement) => statement.Sid === sid);
  expect(lost?.Action).toContain(account.findRefused(name));
});

test('a sweep ends machines with the role that infra/bootstrap.yml gives it, and with nothing less', async () => {
  await useMachines(account.assume(shipped), 'swept');
  const sweep = async (role: string) => {
    const machines = createMachines(account.assume(role));
    const found = await machines.find(tagsOf('swept'));
    expect(found).toHaveLength(2);
    for (const { id } of found) await machines.terminate(id);
  };
  await sweep('sweep');
  expect(reducedSweep.map(({ without }) => without)).toEqual(['SweepControl FindMachines', 'SweepControl EndMachines']);
  for (const { name } of reducedSweep) await expect(sweep(name)).rejects.toThrow(/may not/);
});
