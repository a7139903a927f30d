// Walks the pages of browser authorizations in a real browser: approve, deny, and a page that was left lying about.
//
//     bash tests/clients/install.sh node target/clients
//     node tests/clients/consent.mjs target/debug/standin target/clients [FOLDER FOR SCREENSHOTS]

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { serve } from "./fake.mjs";

const [binary, modules, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "package.json"))("playwright-core");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-proxy-server"] });
let fake;
try {
  await during("flow", connectionsOfFlow);
  await during("voxburst", accountsOfVoxburst);
  await during("social-post-flow", grantsOfSocialPostFlow);
} finally {
  await browser.close();
}
console.log("consent: ok");

async function during(service, walk) {
  fake = await serve(binary, service, "--clock", "frozen");
  try {
    await walk();
  } finally {
    assert.equal(await fake.stop(), 0, "the fake ends cleanly");
  }
}

// The provider's page leads back to the API itself.
async function connectionsOfFlow() {
  for (const [provider, platform] of [["twitter", "twitter"], ["linkedin", "linkedin"], ["meta", "facebook"], ["tiktok", "tiktok"]]) {
    await approve(provider, platform);
    await deny(provider);
  }
  await approveTwice();
  await fitsASmallScreen();
}

// The page leads back to the caller's own address, which hands code and state to the API.
async function accountsOfVoxburst() {
  await atACallback(async (redirectUri, arrival) => {
    const { authorizationUrl, state } = await api("POST", "/accounts/connect/threads", { redirectUri });
    const answer = await click(authorizationUrl, "Approve", arrival);
    assert.equal(answer.get("state"), state);
    const done = { code: answer.get("code"), state, redirectUri };
    const { account } = await api("POST", "/accounts/callback/threads", done);
    assert.deepEqual([account.platform, account.status], ["threads", "active"]);
    const refused = await click((await api("POST", "/accounts/connect/bluesky", { redirectUri })).authorizationUrl, "Deny", arrival);
    assert.equal(refused.get("error"), "access_denied");
  });
}

async function grantsOfSocialPostFlow() {
  await atACallback(async (redirectUri, arrival) => {
    const verifier = "a-verifier-that-is-long-enough-to-be-one-of-them";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const client = "019c0a3e-5b1c-7c52-9d0e-3f6a7b8c9d01";
    const asked = { client_id: client, redirect_uri: redirectUri, response_type: "code", state: "s1", code_challenge: challenge, code_challenge_method: "S256" };
    const url = `${fake.origin}/oauth/authorize?${new URLSearchParams(asked)}`;
    const refused = await click(url, "Deny", arrival);
    assert.deepEqual([refused.get("error"), refused.get("state")], ["access_denied", "s1"]);
    const answer = await click(url, "Approve", arrival);
    assert.equal(answer.get("state"), "s1");
    const body = new URLSearchParams({ grant_type: "authorization_code", client_id: client, redirect_uri: redirectUri, code: answer.get("code"), code_verifier: verifier });
    const response = await fetch(`${fake.origin}/oauth/token`, { method: "POST", body });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal((await response.json()).token_type, "Bearer");
  });
}

/** Runs a walk with the address of a page of the client's own, and what arrives there. */
async function atACallback(walk) {
  const arrived = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname === "/callback") arrived.push(url.searchParams);
    response.end("You can close this page.");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    await walk(`http://127.0.0.1:${server.address().port}/callback`, arrived);
  } finally {
    server.close();
  }
}

/** What the client's page was told after the button was clicked. */
async function click(url, button, arrived) {
  await inPage(async (page) => {
    await page.goto(url);
    await picture(page, `${new URL(url).pathname.replaceAll("/", "-")}-${button}`);
    await page.getByRole("button", { name: button }).click();
    await page.waitForURL("**/callback?*");
  }, ["/callback"]);
  return arrived.at(-1);
}

async function api(method, path, body) {
  const response = await fetch(`${fake.base}${path}`, {
    method,
    headers: { Authorization: `Bearer ${fake.key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

async function approve(provider, platform) {
  await inPage(async (page) => {
    await page.goto(`${fake.base}/connections/${provider}/auth`);
    assert.match(await page.title(), new RegExp(provider, "i"));
    await picture(page, `${provider}-asked`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("status").waitFor();
    assert.match(await page.getByRole("status").innerText(), /connected/);
    await picture(page, `${provider}-approved`);
    const made = (await connections()).find((one) => one.platform === platform && one.username.startsWith("standin_"));
    assert.equal(made.status, "active");
  });
}

async function deny(provider) {
  await inPage(async (page) => {
    const before = await connections();
    await page.goto(`${fake.base}/connections/${provider}/auth`);
    const answer = page.waitForResponse((response) => response.url().includes("/callback"));
    await page.getByRole("button", { name: "Deny" }).click();
    assert.equal((await answer).status(), 400);
    assert.match(await page.locator("body").innerText(), /access_denied/);
    assert.deepEqual(await connections(), before, "nothing is connected");
  });
}

// The state of an authorization is good for one use: going back and approving again is refused.
async function approveTwice() {
  await inPage(async (page) => {
    await page.goto(`${fake.base}/connections/twitter/auth`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("status").waitFor();
    await page.goBack();
    const answer = page.waitForResponse((response) => response.url().includes("/callback"));
    await page.getByRole("button", { name: "Approve" }).click();
    assert.equal((await answer).status(), 400);
  });
}

async function fitsASmallScreen() {
  await inPage(async (page) => {
    await page.setViewportSize({ width: 320, height: 568 });
    await page.goto(`${fake.base}/connections/linkedin/auth`);
    const wide = await page.evaluate("document.documentElement.scrollWidth");
    assert.ok(wide <= 320, `the page is ${wide} wide`);
    // By keyboard alone, too.
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Approve");
    await picture(page, "small");
  });
}

// A page of its own, which must ask nothing of other hosts and complain of nothing but what we refuse ourselves.
async function inPage(walk, elsewhere = []) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== fake.origin && !elsewhere.includes(pathname) && pathname !== "/favicon.ico") complaints.push(`asked for ${request.url()}`);
  });
  page.on("console", (message) => {
    // Browsers ask every host for an icon; an API has none.
    const expected = message.text().includes("status of 400") || message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !expected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await walk(page);
  await page.close();
  assert.deepEqual(complaints, []);
}

async function connections() {
  const response = await fetch(`${fake.base}/connections?per_page=100`, { headers: { Authorization: `Bearer ${fake.key}` } });
  return (await response.json()).data;
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}
