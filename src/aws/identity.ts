import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Identity } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';

/** Who the credentials are. AWS needs no permission for this, so it tells working credentials from others. */
export function createIdentity(clients: Clients): Identity {
  const sts = clients.of(STSClient);
  return {
    async whoAmI() {
      const doing = { action: 'sts:GetCallerIdentity', resource: 'these credentials' };
      const { Account: account = '', Arn: arn = '' } = await call(doing, () => sts.send(new GetCallerIdentityCommand({})));
      return { account, arn };
    },
  };
}
