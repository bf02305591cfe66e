// An OpenID Connect provider: `node provider.mjs PORT CONFIGURATION`. It says "ready" once it listens.
// CONFIGURATION is JSON: {"client": {…}, "accounts": {"LOGIN": {claims}}, "emailInToken": false}.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// The libraries lie in the folder this is started in, not beside this file.
const require = createRequire(pathToFileURL(`${process.cwd()}/`))
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')))

const [port, text] = process.argv.slice(2)
const { client, accounts, emailInToken } = JSON.parse(text)

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  conformIdTokenClaims: !emailInToken,
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
