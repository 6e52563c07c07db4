import type * as ec2 from '@aws-sdk/client-ec2';
import { applyFilters } from './filters.ts';
import { changeInstance } from './instance.ts';
import { refuseMissing } from './instance-table.ts';
import { takePage } from './page.ts';
import { refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { checkTags } from './tag-specifications.ts';
import { listTagged, type TaggedResource } from './tagged-resources.ts';

/** EC2's tags, by operation. */
export function createTagHandlers(room: Ec2Room) {
  const get = (ids: readonly string[] = []): TaggedResource[] => {
    const found = listTagged(room).filter(({ id }) => ids.includes(id));
    const missing = ids.filter((id) => !found.some((one) => one.id === id));
    refuseMissing(missing.filter((id) => id.startsWith('i-')));
    if (missing.length > 0) throw refuse('InvalidID', `The ID '${missing.join(', ')}' is not valid`);
    return found;
  };
  const show = ({ instance }: TaggedResource) => changeInstance(instance, room.cloud.clock);

  return {
    CreateTags: (input: ec2.CreateTagsRequest) => {
      const resources = get(input.Resources);
      refuseDryRun(input.DryRun);
      for (const resource of resources) {
        const added = (input.Tags ?? []).filter(({ Key = '' }) => !resource.tags.has(Key));
        checkTags(input.Tags ?? [], resource.tags.size - ((input.Tags ?? []).length - added.length));
        for (const { Key = '', Value = '' } of input.Tags ?? []) resource.tags.set(Key, Value);
        show(resource);
      }
      return {};
    },
    /** A tag with a value is deleted only while it has that value. */
    DeleteTags: (input: ec2.DeleteTagsRequest) => {
      const resources = get(input.Resources);
      refuseDryRun(input.DryRun);
      for (const resource of resources) {
        for (const { Key = '', Value } of input.Tags ??
          [...resource.tags.keys()].map((name) => ({ Key: name, Value: undefined })))
          if (Value === undefined || resource.tags.get(Key) === Value) resource.tags.delete(Key);
        show(resource);
      }
      return {};
    },
    DescribeTags: (input: ec2.DescribeTagsRequest): ec2.DescribeTagsResult => {
      refuseDryRun(input.DryRun);
      const all = listTagged(room).flatMap(({ id, kind, tags }) =>
        [...tags].map(([key, value]) => ({ id, kind, key, value, tags: new Map([[key, value]]) })),
      );
      const found = applyFilters(all, input.Filters, {
        key: ({ key }) => [key],
        value: ({ value }) => [value],
        'resource-id': ({ id }) => [id],
        'resource-type': ({ kind }) => [kind],
      });
      const { items, ...rest } = takePage(found, input);
      return {
        Tags: items.map(({ id, kind, key, value }) => ({ ResourceId: id, ResourceType: kind, Key: key, Value: value })),
        ...rest,
      };
    },
  };
}
