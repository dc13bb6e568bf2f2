"""A session of the official Python client: connects, lists everything, calls what the plan says, prints what it got.

Usage: python client.py PLAN.json [MODE], MODE as the client's: legacy (the initialize handshake) or auto.
"""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


async def everything(ask, member):
    found, cursor = [], None
    while True:
        page = await ask(cursor=cursor)
        found += [plain(item) for item in getattr(page, member)]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def ignore(done, total, message):
    """Given so that the client gives a token; what came is seen on the wire."""


async def main(plan, mode):
    server = StdioServerParameters(command=plan["command"], args=plan["args"], env=plan["env"], cwd=plan["cwd"])
    async with Client(server, mode=mode, cache=None) as client:
        declared = client.server_capabilities
        got = {"version": client.protocol_version, "server": plain(client.server_info), "instructions": client.instructions}
        if declared.tools:
            got["tools"] = await everything(client.list_tools, "tools")
        if declared.prompts:
            got["prompts"] = await everything(client.list_prompts, "prompts")
        if declared.resources:
            got["templates"] = await everything(client.list_resource_templates, "resource_templates")
        got["calls"] = []
        for call in plan["calls"]:
            more = {"progress_callback": ignore} if call.get("progress") else {}
            result = await client.call_tool(call["name"], call["arguments"], **more)
            got["calls"].append({"name": call["name"], "result": plain(result)})
        got["texts"] = []
        for prompt in plan.get("prompts", []):
            got["texts"].append(plain(await client.get_prompt(prompt["name"], prompt["arguments"])))
        for uri in plan.get("reads", []):
            got["texts"].append(plain(await client.read_resource(uri)))
        # Data, which a gate that answered from its pins has only once the server was needed.
        if declared.resources:
            got["resources"] = await everything(client.list_resources, "resources")
    print(json.dumps(got, indent=1))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        asyncio.run(main(json.load(file), sys.argv[2] if len(sys.argv) > 2 else "legacy"))
