export interface SessionKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** AssumeRoleWithWebIdentity at the local cloud, with a fresh identity token of GitHub's; throws with the service's own message. */
export async function assumeRole(request: {
  cloudUrl: string;
  role: string;
  session: string;
  idToken: { url: string; token: string };
}): Promise<SessionKeys> {
  const identity = await fetch(`${request.idToken.url}&audience=sts.amazonaws.com`, {
    headers: { authorization: `Bearer ${request.idToken.token}` },
  });
  const minted: unknown = await identity.json();
  const token = typeof minted === 'object' && minted !== null && 'value' in minted ? String(minted.value) : undefined;
  if (!token) throw new Error(`GitHub gave no identity token (status ${identity.status}).`);

  const answer = await fetch(request.cloudUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: request.role,
      RoleSessionName: request.session,
      WebIdentityToken: token,
    }).toString(),
  });
  const xml = await answer.text();
  const read = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const [accessKeyId, secretAccessKey, sessionToken] = [read('AccessKeyId'), read('SecretAccessKey'), read('SessionToken')];
  if (!answer.ok || !accessKeyId || !secretAccessKey || !sessionToken) {
    throw new Error(`Could not assume role with OIDC: ${read('Message') ?? `status ${answer.status}`}`);
  }
  return { accessKeyId, secretAccessKey, sessionToken };
}
