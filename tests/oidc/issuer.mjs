// An issuer of tokens on this machine: node issuer.mjs '{"host": …, "port": …, "algorithm": …, "resources": […], "clients": […]}'
//
// Port 0 takes one that is free. Each client has an id, a secret, and the claims that its tokens get. Tokens are JWT access tokens
// (RFC 9068) for the resource that a client names (RFC 8707). Once it listens, and whenever it has done what it was told, it says
// so in a line of JSON. It is told by lines on its standard input:
//
//   {"rotate": "ES256"}   makes a key for this algorithm and signs with it; the key before it is published with it
//
// It ends with its standard input, so it never outlives whoever started it.
import { generateKeyPair } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

// What it advises for production is of no use to a test.
console.warn = console.info = () => {};
const { default: Provider, errors } = await import('oidc-provider');

const { host, port, algorithm, resources, clients } = JSON.parse(process.argv[2]);
const DAY = 24 * 3600;
const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  EdDSA: ['ed25519'],
};

let keys = [];
let made = 0;
let answer;

async function rotate(alg) {
  // Beside the calls, which go on meanwhile.
  const { privateKey } = await promisify(generateKeyPair)(...KINDS[alg]);
  const kid = `${alg}-${process.pid}-${(made += 1)}`;
  keys = [{ ...privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' }, ...keys.slice(0, 1)];
  answer = provider(alg, kid).callback();
  return kid;
}

function provider(alg, kid) {
  const issuer = new Provider(`http://${host}:${server.address().port}`, {
    jwks: { keys },
    enabledJWA: { idTokenSigningAlgValues: Object.keys(KINDS) },
    ttl: { ClientCredentials: 10 * DAY },
    clients: clients.map(({ id, secret, ...claims }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: alg,
      claims,
    })),
    extraClientMetadata: { properties: ['claims'] },
    // What a role, a brand and a queue are called is agreed between the service and whoever runs the issuer.
    extraTokenClaims: (ctx) => ctx.oidc.client.claims,
    cookies: { keys: ['nobody logs in here'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resources[0],
        getResourceServerInfo: (ctx, audience) => {
          if (!resources.includes(audience)) throw new errors.InvalidTarget();
          return {
            audience,
            scope: 'call',
            accessTokenFormat: 'jwt',
            accessTokenTTL: 10 * DAY,
            jwt: { sign: { alg, kid } },
          };
        },
      },
    },
  });
  issuer.on('server_error', (_, error) => console.error(error));
  return issuer;
}

const server = createServer((request, response) => answer(request, response));
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

server.listen(port, host, async () => {
  await rotate(algorithm);
  say({ port: server.address().port });
  createInterface({ input: process.stdin })
    .on('line', async (line) => say({ kid: await rotate(JSON.parse(line).rotate) }))
    .on('close', () => process.exit());
});
