import type * as lambda from '@aws-sdk/client-lambda';
import type { LambdaDeps } from './deps.ts';
import { refuseValue } from './refusals.ts';

const mostTags = 50;

/** Tags belong to the function, not to its versions. */
export function createTagHandlers({ table }: LambdaDeps) {
  const tagsOf = (arn: string | undefined) => table.get(arn).fn.tags;
  return {
    ListTags: (input: lambda.ListTagsRequest): lambda.ListTagsResponse => ({ Tags: Object.fromEntries(tagsOf(input.Resource)) }),
    TagResource: (input: lambda.TagResourceRequest) => {
      const tags = tagsOf(input.Resource);
      const added = Object.entries(input.Tags ?? {});
      if (new Set([...tags.keys(), ...added.map(([key]) => key)]).size > mostTags)
        throw refuseValue(`A function can have at most ${mostTags} tags.`);
      for (const [key, value] of added) tags.set(key, value);
      return {};
    },
    UntagResource: (input: lambda.UntagResourceRequest) => {
      const tags = tagsOf(input.Resource);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
  };
}
