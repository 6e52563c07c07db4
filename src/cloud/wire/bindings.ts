import type { NormalizedSchema } from '@smithy/core/schema';

/** Whether a member travels in the body: it is bound to no label, query, header, status or payload. */
export function isBodyMember(member: NormalizedSchema): boolean {
  const { httpHeader, httpLabel, httpPayload, httpPrefixHeaders, httpQuery, httpQueryParams, httpResponseCode } =
    member.getMergedTraits();
  const bindings = [httpHeader, httpLabel, httpPayload, httpPrefixHeaders, httpQuery, httpQueryParams, httpResponseCode];
  return bindings.every((binding) => binding === undefined);
}
