// A session of the official TypeScript client, driven by `cargo demo`: one JSON command a line on standard input, one
// JSON answer a line on standard output. The arguments are the command line of the MCP server.
//
//   {"do":"list"}                                  -> {"tools":[NAME, ...]}
//   {"do":"call","name":NAME,"arguments":{...}}    -> {"text":..., "refused":BOOLEAN, "reason":CODE or null}
//   {"do":"received"}                              -> {"received":TEXT of every message from the server}
//
// The end of the input closes the session.

import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const transport = new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" });
const client = new Client({ name: "pinfold-demo", version: "1.0.0" }, { capabilities: {} });

// What the server says is kept as the client reads it, to show afterwards that no held word was in it. The client calls
// a handler that it finds here before its own.
const received = [];
transport.onmessage = (message) => received.push(JSON.stringify(message));
await client.connect(transport);

const answers = {
  async list() {
    const { tools } = await client.listTools();
    return { tools: tools.map((tool) => tool.name) };
  },
  async call({ name, arguments: given }) {
    try {
      const result = await client.callTool({ name, arguments: given });
      const text = result.content.map((block) => block.text ?? "").join("\n");
      return { text, refused: result.isError === true, reason: result._meta?.["pinfold/reason"] ?? null };
    } catch (error) {
      return { text: String(error.message), refused: true, reason: null };
    }
  },
  async received() {
    return { received: received.join("\n") };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(JSON.stringify(await answers[asked.do](asked)) + "\n");
}
await client.close();
