// Drives voxburst's fake with the vendor's own programs, unmodified: the MCP server (through an MCP client) and the command line.
//
//     bash tests/clients/install.sh node target/clients
//     node tests/clients/voxburst.mjs target/debug/standin target/clients

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { serve } from "./fake.mjs";

const [binary, modules] = process.argv.slice(2);
const folder = resolve(modules, "node_modules");
const mcp = createRequire(join(folder, "@voxburst/mcp-server/package.json"));
const { Client } = mcp("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = mcp("@modelcontextprotocol/sdk/client/stdio.js");

const fake = await serve(binary, "voxburst", "--clock", "frozen");
// The clients add the version to the URL by themselves.
const environment = { PATH: process.env.PATH, VOXBURST_API_KEY: fake.key, VOXBURST_API_URL: fake.origin };
try {
  await throughTheMcpServer();
  await throughTheCommandLine();
  await throughAReceiver();
  await withAWrongKey();
} finally {
  assert.equal(await fake.stop(), 0, "the fake ends cleanly");
}
console.log("voxburst's own clients: ok");

// All 13 tools and the resources, along the life of posts.
async function throughTheMcpServer() {
  const client = new Client({ name: "standin-check", version: "1.0.0" });
  const server = join(folder, "@voxburst/mcp-server/dist/index.js");
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [server], env: environment, stderr: "ignore" }));
  const called = new Set();
  const ask = async (name, args = {}) => {
    called.add(name);
    const result = await client.callTool({ name, arguments: args });
    return { failed: result.isError === true, said: JSON.parse(result.content[0].text) };
  };
  const tool = async (name, args) => {
    const { failed, said } = await ask(name, args);
    assert.ok(!failed, `${name}: ${JSON.stringify(said)}`);
    return said;
  };

  const accounts = await tool("list_accounts");
  const twitter = accounts.find((one) => one.platform === "twitter" && one.status === "active");
  assert.ok(twitter, "an active account to post to");
  assert.equal((await tool("get_account", { accountId: twitter.id })).username, twitter.username);

  const draft = await tool("create_post", { content: "From a tool", accountIds: [twitter.id] });
  assert.equal(draft.status, "draft");
  assert.equal((await tool("get_post", { postId: draft.id })).content, "From a tool");
  assert.equal((await tool("update_post", { postId: draft.id, content: "From a tool, mended" })).content, "From a tool, mended");
  assert.ok((await tool("list_posts", { status: "draft", limit: 100 })).data.some((post) => post.id === draft.id));
  assert.equal((await tool("cancel_post", { postId: draft.id })).status, "cancelled");

  const pictured = await tool("create_post", { content: "Look", accountIds: [twitter.id], mediaUrls: ["https://example.com/cat.jpg"] });
  assert.equal(pictured.media.length, 1, "a registered picture is attached at once");
  await tool("delete_post", { postId: pictured.id });
  assert.ok((await ask("get_post", { postId: pictured.id })).failed, "a deleted post is gone");

  const { now } = await fake.control("GET", "clock"); // in milliseconds
  const soon = new Date(now + 60_000).toISOString();
  const doomed = await tool("create_post", { content: "[flaky:twitter] once more", accountIds: [twitter.id], scheduledFor: soon });
  assert.equal(doomed.status, "scheduled");
  await fake.advance("PT10M");
  assert.equal((await tool("get_post", { postId: doomed.id })).status, "failed");
  const retried = await tool("retry_post", { postId: doomed.id });
  assert.deepEqual(retried.retriedPlatforms.map((target) => target.platform), ["twitter"]);
  await fake.advance("PT10M");
  assert.equal((await tool("get_post", { postId: doomed.id })).status, "published");

  const checked = await tool("validate_content", { content: "x".repeat(281), platforms: ["twitter", "linkedin"] });
  assert.equal(checked.valid, false);
  assert.equal(checked.platforms.TWITTER.errors[0].code, "CONTENT_TOO_LONG");
  assert.equal(checked.platforms.LINKEDIN.valid, true);

  // Figures are collected by the hour.
  await fake.advance("PT2H");
  assert.ok((await tool("get_post_metrics", { postId: doomed.id })).data.length > 0);
  assert.ok("totalFollowers" in (await tool("get_account_metrics", { accountId: twitter.id })));
  assert.ok((await tool("get_analytics_overview")).summary.totalPosts > 0);

  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((one) => one.name).filter((name) => !called.has(name)), [], "tools not called");
  for (const uri of ["accounts://list", `accounts://${twitter.id}`, "posts://recent", `posts://${doomed.id}`, "voxburst://accounts", "voxburst://posts"]) {
    const { contents } = await client.readResource({ uri });
    assert.ok(JSON.parse(contents[0].text), uri);
  }
  await client.close();
}

// Its bodies are partly older than the API (`platforms` instead of `accountIds`): those are refused, as the API does.
async function throughTheCommandLine() {
  const text = async (...args) => {
    const { code, out, err } = await voxburst(args);
    assert.equal(code, 0, `voxburst ${args.join(" ")}: ${out}${err}`);
    return out;
  };
  const json = async (...args) => {
    const out = await text(...args, "--json");
    // There may be lines for people before and after it.
    const [printed] = out.match(/^[[{][^]*^[\]}]/m) ?? assert.fail(`voxburst ${args.join(" ")} printed no JSON: ${out}`);
    return JSON.parse(printed);
  };
  assert.equal((await json("whoami")).plan, "pro");
  const { accounts } = await json("accounts", "list");
  const account = accounts.find((one) => one.platform === "linkedin" && one.status === "active");
  // For one account it prints no JSON, whatever it is asked.
  const details = () => text("accounts", "get", account.id);
  assert.match(await details(), new RegExp(`${account.id}[^]*Status: +active`));

  const made = await raw("POST", "/v1/posts", { content: "From the command line", accountIds: [account.id] });
  assert.equal(made.status, 201);
  const { id } = made.body;
  assert.equal((await json("posts", "get", id)).status, "draft");
  assert.equal((await json("posts", "update", id, "Said otherwise")).content, "Said otherwise");
  assert.ok((await json("posts", "list", "--limit", "100")).posts.some((post) => post.id === id));
  assert.ok((await json("posts", "list", "--status", "draft")).posts.every((post) => post.status === "draft"));
  assert.match(await text("posts", "cancel", id), new RegExp(`${id} cancelled`));
  const other = (await raw("POST", "/v1/posts", { content: "To be deleted", accountIds: [account.id] })).body.id;
  assert.match(await text("posts", "delete", other), new RegExp(`${other} deleted`));
  assert.equal((await voxburst(["posts", "get", other])).code, 1);

  const good = await json("posts", "validate", "Short", "--platforms", "twitter,linkedin");
  assert.deepEqual(good.results.map((one) => [one.platform, one.valid]), [["twitter", true], ["linkedin", true]]);
  const long = await voxburst(["posts", "validate", "x".repeat(300), "--platforms", "twitter"]);
  assert.equal(long.code, 1);

  assert.ok((await json("analytics", id)).data);
  assert.ok("totalFollowers" in (await json("analytics", account.id, "--type", "account")));
  assert.match(await text("status"), /Plan: +pro[^]*linkedin[^]*Recent Posts:[^]*Said otherwise/);

  const stale = await voxburst(["posts", "create", "Hello", "--platforms", "twitter"]);
  assert.equal(stale.code, 1);
  assert.match(stale.out + stale.err, /BAD_REQUEST/);
  const disconnected = await voxburst(["accounts", "disconnect", account.id, "--force"]);
  assert.equal(disconnected.code, 0, disconnected.out + disconnected.err);
  assert.match(await details(), /Status: +disconnected/);
}

// What arrives is signed as the service says, and nothing that somebody else could have made.
async function throughAReceiver() {
  const signature = (secret, body) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const vector = "sha256=030fa3b2413d1993c551364bd53bb9b3edb5c0c34d55dba6ada6041245632811";
  assert.equal(signature("whsec_test", '{"id":"evt_1"}'), vector);
  const arrived = [];
  const receiver = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      arrived.push({ headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(arrived.length === 1 ? 500 : 204).end();
    });
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  try {
    const url = `http://127.0.0.1:${receiver.address().port}/hook`;
    const hook = (await raw("POST", "/v1/webhooks", { url, events: ["post.created"] })).body;
    const account = (await raw("GET", "/v1/accounts")).body.data.find((one) => one.platform === "bluesky");
    const post = (await raw("POST", "/v1/posts", { content: "Told to others", accountIds: [account.id] })).body;
    // The first attempt is refused; the next one comes a minute later, signed with the secret of then.
    const rotated = (await raw("POST", `/v1/webhooks/${hook.id}/rotate-secret`)).body;
    await fake.advance("PT2M");
    const [first, second] = arrived;
    assert.equal(arrived.length, 2);
    assert.equal(first.headers["x-voxburst-signature"], signature(hook.secret, first.body));
    assert.equal(second.headers["x-voxburst-signature"], signature(rotated.secret, second.body));
    assert.ok(second.body.equals(first.body), "the same event");
    const event = JSON.parse(first.body);
    assert.deepEqual([event.type, event.data.id, event.data.status], ["post.created", post.id, "DRAFT"]);
    assert.equal(first.headers["x-voxburst-event"], "post.created");
    assert.match(first.headers["x-voxburst-delivery-id"], /^del_/);
  } finally {
    receiver.close();
  }
}

async function withAWrongKey() {
  const { code, out, err } = await voxburst(["whoami"], { VOXBURST_API_KEY: "vb_live_wrong" });
  assert.equal(code, 1);
  assert.match(out + err, /UNAUTHORIZED/);
}

/** Any call, with the status that came back. */
async function raw(method, path, body) {
  const response = await fetch(`${fake.origin}${path}`, {
    method,
    headers: { Authorization: `Bearer ${fake.key}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Runs the command line with a home of its own. */
function voxburst(args, more = {}) {
  const home = mkdtempSync(join(tmpdir(), "voxburst-"));
  const program = join(folder, "@voxburst/cli/bin/voxburst");
  return new Promise((done) =>
    execFile(process.execPath, [program, ...args], { env: { ...environment, HOME: home, NO_COLOR: "1", ...more } }, (error, out, err) => {
      rmSync(home, { recursive: true });
      done({ code: error ? error.code : 0, out, err });
    }),
  );
}
