// An OpenID provider (npm's oidc-provider) on a loopback port. Everything about OpenID Connect is
// done by the package; this file says who signs in, how, and with what clock.
//
// usage: node provider.mjs {"port": …, "kid": …, "clock_offset_s": …}
//
// It prints "listening PORT" once it serves, and forges tokens for whoever asks at /forge.
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'

const options = JSON.parse(process.argv[2])
const realNow = Date.now
Date.now = () => realNow() + (options.clock_offset_s ?? 0) * 1000
const { Provider } = await import('oidc-provider')

const PAIRS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}

const newKey = (alg, kid) => {
  const { privateKey } = generateKeyPairSync(...PAIRS[alg])
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `${alg}-${kid}` }
}

const client = (client_id, alg) => ({
  client_id,
  client_secret: 'not-a-secret',
  redirect_uris: ['http://127.0.0.1:1/signed-in'],
  id_token_signed_response_alg: alg,
  require_auth_time: true,
})

const server = createServer()
server.listen(options.port ?? 0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    ...Object.keys(PAIRS).map(alg => client(`vouch-${alg}`, alg)),
    client('somebody-else', 'RS256'),
  ],
  jwks: { keys: Object.keys(PAIRS).map(alg => newKey(alg, options.kid)) },
  enabledJWA: { idTokenSigningAlgValues: Object.keys(PAIRS) },
  claims: { openid: ['sub', 'jti', 'acr', 'amr', 'auth_time'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['of a provider nobody relies on'] },
  ttl: { IdToken: 600, Session: 600, Interaction: 600, Grant: 600, AccessToken: 600 },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, jti: randomUUID() }) }),
})

// The person signs in with a password and a hardware key, and consents.
const interact = async (request, response) => {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    const login = { accountId: 'usr_approver', amr: ['pwd', 'hwk', 'mfa'], acr: 'urn:example:high' }
    return provider.interactionFinished(request, response, { login })
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
  grant.addOIDCScope('openid')
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

const base64url = data => Buffer.from(data).toString('base64url')

// Without a signature, or signed with a public key of the provider as if that were a secret.
const forge = async (request, response) => {
  const query = new URL(request.url, provider.issuer).searchParams
  const [header, payload] = query.get('token').split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'))
  const forgedHeader = alg => base64url(JSON.stringify({ alg, kid, typ: 'JWT' }))
  if (query.get('how') === 'none') return response.end(`${forgedHeader('none')}.${payload}.`)
  const { keys } = await (await fetch(`${provider.issuer}/jwks`)).json()
  const key = createPublicKey({ key: keys.find(each => each.kid === kid), format: 'jwk' })
  const input = `${forgedHeader('HS256')}.${payload}`
  const secret = key.export({ type: 'spki', format: 'pem' })
  response.end(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
}

const serve = provider.callback()
server.on('request', (request, response) => {
  const act = request.url.startsWith('/interaction/') ? interact
    : request.url.startsWith('/forge?') ? forge : serve
  Promise.resolve(act(request, response)).catch(error => response.writeHead(500).end(String(error)))
})
console.log(`listening ${port}`)
