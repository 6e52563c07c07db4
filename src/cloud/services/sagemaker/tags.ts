import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../contract.ts';

const mostTags = 50;

/** Tags of every kind of resource, by operation. @param find the tags of a resource by its ARN */
export function createTagHandlers(find: (arn: string) => Map<string, string> | undefined) {
  const get = (arn = '') => {
    const tags = find(arn);
    if (!tags) throw new AwsError('ValidationException', 'Requested resource not found.');
    return tags;
  };
  return {
    AddTags: (input: sagemaker.AddTagsInput) => {
      const tags = get(input.ResourceArn);
      const added = (input.Tags ?? []).map((tag): [string, string] => [tag.Key ?? '', tag.Value ?? '']);
      if (new Map([...tags, ...added]).size > mostTags)
        throw new AwsError('ResourceLimitExceeded', `A resource can have at most ${mostTags} tags.`);
      for (const [key, value] of added) tags.set(key, value);
      return { Tags: listTags(tags) };
    },
    ListTags: (input: sagemaker.ListTagsInput) => ({ Tags: listTags(get(input.ResourceArn)) }),
    DeleteTags: (input: sagemaker.DeleteTagsInput) => {
      const tags = get(input.ResourceArn);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
  };
}

function listTags(tags: ReadonlyMap<string, string>): sagemaker.Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
