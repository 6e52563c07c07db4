/** The end of a job for a reason its owner reads: `ClientError: …` or `AlgorithmError: …`, cut to the 1,024 characters that AWS keeps. */
export class JobFailure extends Error {
  constructor(reason: string) {
    super(reason.slice(0, 1024));
    this.name = 'JobFailure';
  }
}
