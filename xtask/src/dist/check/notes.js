#!/usr/bin/env node
// A server as small as they come: its tools stand in a file beside it.
const { version } = require("../package.json");
const tools = require("./tools.json");

const answers = {
  "initialize": ({ protocolVersion }) => (
    { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "notes", version } }
  ),
  "ping": () => ({}),
  "tools/call": () => ({ content: [{ type: "text", text: "Buy milk." }] }),
  "tools/list": () => ({ tools }),
};

require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answer = answers[method];
  const rest = answer ? { result: answer(params ?? {}) } : { error: { code: -32601, message: "Method not found" } };
  console.log(JSON.stringify({ jsonrpc: "2.0", id, ...rest }));
});
