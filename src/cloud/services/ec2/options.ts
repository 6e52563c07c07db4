/** EC2 on this machine: how it differs from AWS in time, and what the account has; every member has a default. */
export interface Ec2Options {
  /** How long a minute of `shutdown -P +N` lasts; 60 where none is given: code trains in real time, so its limit must be real too. */
  readonly minuteSeconds?: number;
  /** From a spot instance's notice to its end; 120 on AWS. */
  readonly noticeSeconds?: number;
  /** From SIGTERM to SIGKILL when a machine shuts down; 30 where none is given. */
  readonly shutdownSeconds?: number;
  /** How long a terminated instance is still shown; an hour on AWS. */
  readonly visibleSeconds?: number;
  /** Instance profiles that are there from the beginning, each with the ARN of its role. */
  readonly instanceProfiles?: readonly { readonly name: string; readonly role: string }[];
  /** Subnets beside the default one of every zone; `zone` is a letter, `a` where none is given. */
  readonly subnets?: readonly { readonly id: string; readonly zone?: string }[];
  /** Ids of security groups beside the default one. */
  readonly securityGroups?: readonly string[];
  /** What there is no capacity of. A member that is absent stands for all. */
  readonly noCapacity?: readonly Shortage[];
  /** vCPUs that may run at once; new accounts of AWS have none of `g` and `p`. */
  readonly vcpuQuotas?: Readonly<Partial<Record<QuotaName, number>>>;
  /** Public SSM parameters that are not there in this region. */
  readonly absentParameters?: readonly string[];
  /** The n-th spot instance gets its notice so many seconds after its user data began; an absent one is not interrupted. */
  readonly spotInterruptions?: readonly (number | null)[];
  /**
   * The n-th instance is accepted and then not launched, for this reason in EC2's words, such as `Client.InternalError: Client error on
   * launch` (a volume's key that may not be used); an absent one is.
   */
  readonly launchFailures?: readonly (string | null)[];
  /** No file of a machine can grow beyond it: what a full disk does to a script (its error is EFBIG, not ENOSPC). */
  readonly largestFileMb?: number;
}

export interface Shortage {
  readonly instanceType?: string | undefined;
  /** Letter of the zone. */
  readonly zone?: string | undefined;
  readonly market?: 'spot' | 'on-demand' | undefined;
}

export type QuotaName = 'standard' | 'g' | 'p' | 'spot-standard' | 'spot-g' | 'spot-p';
