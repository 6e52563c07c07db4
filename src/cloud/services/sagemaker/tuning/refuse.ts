import { AwsError } from '../../../contract.ts';

/** @throws ValidationException */
export function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
