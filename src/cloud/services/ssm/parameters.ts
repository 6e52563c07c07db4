import type * as ssm from '@aws-sdk/client-ssm';
import { AwsError } from '../../contract.ts';
import { images } from '../ec2/images.ts';

interface ParameterOptions {
  readonly region: string;
  /** Names that are not there. */
  readonly absent: readonly string[];
}

/** SSM's public parameters that name machine images, by operation. */
export function createParameterHandlers({ region, absent }: ParameterOptions) {
  const find = (name: string): ssm.Parameter | undefined => {
    // A version is asked for behind a colon; public parameters have many, and only the newest is here.
    const [path = ''] = name.split(':');
    const image = absent.includes(path) ? undefined : images.find(({ parameters }) => parameters.includes(path));
    return (
      image && {
        Name: path,
        Type: 'String',
        Value: image.id,
        Version: 1,
        LastModifiedDate: new Date(`${image.created}T00:00:00Z`),
        ARN: `arn:aws:ssm:${region}::parameter${path}`,
        DataType: 'text',
      }
    );
  };
  return {
    GetParameter: ({ Name: name = '' }: ssm.GetParameterRequest): ssm.GetParameterResult => {
      const parameter = find(name);
      if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`, { status: 400 });
      return { Parameter: parameter };
    },
    GetParameters: ({ Names: names = [] }: ssm.GetParametersRequest): ssm.GetParametersResult => ({
      Parameters: names.flatMap((name) => find(name) ?? []),
      InvalidParameters: names.filter((name) => !find(name)),
    }),
  };
}
