// An assistant: `node client.mjs URL TOKEN`, where the official TypeScript client is in ./node_modules. It adds a
// task, finds it and completes it, and says what the tools answer as JSON.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// The libraries are in the folder that this runs in, not beside this file.
const require = createRequire(`${process.cwd()}/`)
const load = async (name) => import(pathToFileURL(require.resolve(name)).href)
const { Client } = await load('@modelcontextprotocol/sdk/client/index.js')
const { StreamableHTTPClientTransport } = await load('@modelcontextprotocol/sdk/client/streamableHttp.js')

const [url, token] = process.argv.slice(2)
const client = new Client({ name: 'annals-tests', version: '1' })
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${token}` } },
})
await client.connect(transport)
const call = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent
const { tools } = await client.listTools()
const added = await call('add_tasks', { tasks: [{ text: 'Call Bob tomorrow !high' }] })
const completed = await call('complete_tasks', { ids: [added.done[0].id] })
const session = transport.sessionId
await client.close()
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), added, completed, session }))
