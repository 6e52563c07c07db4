import { AwsError, type Cloud } from '../../../contract.ts';

/** A resource with a name, as models, endpoint configurations and endpoints are. */
export interface Resource {
  readonly name: string;
  readonly arn: string;
  readonly created: Date;
  readonly tags: Map<string, string>;
}

export interface ResourceTable<Item extends Resource> {
  /** In lower case whatever the name, as AWS writes it. */
  arnOf(name: string): string;
  /** @throws ValidationException when the name is taken, in whatever case */
  refuseTaken(name: string): void;
  add(item: Item): void;
  find(name: string): Item | undefined;
  /** @throws ValidationException when there is none */
  get(name: string): Item;
  /** As a read finds it, under some weather a little late. @throws ValidationException when there is none, or none that can be seen yet */
  look(name: string): Item;
  findByArn(arn: string): Item | undefined;
  remove(item: Item): void;
  all(): Item[];
  /** Those a read finds. */
  visible(): Item[];
}

interface Kind {
  /** `endpoint configuration`: as AWS's messages call it. */
  readonly noun: string;
  /** `endpoint-config`: as its ARN does. */
  readonly arnType: string;
}

/** Resources of one kind. What has just been made is not read at once where the weather makes reads lag; who changes it finds it. */
export function createTable<Item extends Resource>(
  { clock, weather, region, account }: Pick<Cloud, 'clock' | 'weather' | 'region' | 'account'>,
  { noun, arnType }: Kind,
): ResourceTable<Item> {
  const items = new Map<string, Item>();
  const arnOf = (name: string) => `arn:aws:sagemaker:${region}:${account}:${arnType}/${name.toLowerCase()}`;
  const isVisible = (item: Item) => item.created.getTime() + weather.readLagMs <= clock.now().getTime();
  const found = (name: string, item: Item | undefined): Item => {
    if (!item) throw new AwsError('ValidationException', `Could not find ${noun} "${arnOf(name)}".`);
    return item;
  };
  return {
    arnOf,
    refuseTaken: (name) => {
      if (items.has(name.toLowerCase()))
        throw new AwsError('ValidationException', `Cannot create already existing ${noun} "${arnOf(name)}".`);
    },
    add: (item) => void items.set(item.name.toLowerCase(), item),
    find: (name) => items.get(name.toLowerCase()),
    get: (name) => found(name, items.get(name.toLowerCase())),
    look: (name) => {
      const item = items.get(name.toLowerCase());
      return found(name, item && isVisible(item) ? item : undefined);
    },
    findByArn: (arn) => [...items.values()].find((item) => item.arn === arn.toLowerCase()),
    remove: (item) => void (items.get(item.name.toLowerCase()) === item && items.delete(item.name.toLowerCase())),
    all: () => [...items.values()],
    visible: () => [...items.values()].filter(isVisible),
  };
}

export function readTags(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Map<string, string> {
  return new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}
