// A session of the official TypeScript client: connects, lists everything, calls what the plan says, prints what it got.
// Usage: node client.mjs PLAN.json, from a folder in which the SDK is installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(pathToFileURL(plan.modules + "/"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");

async function all(list, member) {
  const found = [];
  let cursor;
  do {
    const page = await list(cursor === undefined ? undefined : { cursor });
    found.push(...page[member]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const client = new Client({ name: "interop", version: "1.0.0" }, { capabilities: {} });
const { command, args, env, cwd } = plan;
await client.connect(new StdioClientTransport({ command, args, env, cwd, stderr: "inherit" }));
const declared = client.getServerCapabilities() ?? {};
const got = { server: client.getServerVersion(), instructions: client.getInstructions() ?? null };
if (declared.tools) got.tools = await all((p) => client.listTools(p), "tools");
if (declared.prompts) got.prompts = await all((p) => client.listPrompts(p), "prompts");
if (declared.resources) got.templates = await all((p) => client.listResourceTemplates(p), "resourceTemplates");
got.calls = [];
for (const call of plan.calls) {
  // Asked for, so that the client gives a token; what came is seen on the wire.
  const options = call.progress ? { onprogress: () => {} } : undefined;
  const result = await client.callTool({ name: call.name, arguments: call.arguments }, undefined, options);
  got.calls.push({ name: call.name, result });
}
got.texts = [];
for (const prompt of plan.prompts ?? []) got.texts.push(await client.getPrompt(prompt));
for (const uri of plan.reads ?? []) got.texts.push(await client.readResource({ uri }));
// Data, which a gate that answered from its pins has only once the server was needed.
if (declared.resources) got.resources = await all((p) => client.listResources(p), "resources");
await client.close();
console.log(JSON.stringify(got, null, 1));
