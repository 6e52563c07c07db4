import { AwsError } from '../../contract.ts';

export const noSuchBucket = (bucket: string) =>
  new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404, members: { BucketName: bucket } });
export const noSuchKey = (key: string) =>
  new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, members: { Key: key } });
export const noSuchUpload = (uploadId: string) =>
  new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    {
      status: 404,
      members: { UploadId: uploadId },
    },
  );
export const preconditionFailed = (condition: string) =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    members: { Condition: condition },
  });
export const noSuchVersion = (versionId: string) =>
  new AwsError('NoSuchVersion', 'The specified version does not exist.', { status: 404, members: { VersionId: versionId } });
/** An answer to HEAD has no body, so that clients know only the status; the SDK calls it NotFound. */
export const notFound = () => new AwsError('NotFound', 'Not Found', { status: 404 });
export const notModified = () => new AwsError('NotModified', 'Not Modified', { status: 304 });
