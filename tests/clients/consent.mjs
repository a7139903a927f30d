// Walks flow's browser authorization in a real browser: approve, deny, and a page that was left lying about.
//
//     npm install --prefix target/clients playwright-core@1.65.1
//     node tests/clients/consent.mjs target/debug/standin target/clients [FOLDER FOR SCREENSHOTS]

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const [binary, modules, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "package.json"))("playwright-core");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const fake = await start();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-proxy-server"] });
try {
  for (const [provider, platform] of [["twitter", "twitter"], ["linkedin", "linkedin"], ["meta", "facebook"], ["tiktok", "tiktok"]]) {
    await approve(provider, platform);
    await deny(provider);
  }
  await approveTwice();
  await fitsASmallScreen();
} finally {
  await browser.close();
  fake.process.kill("SIGTERM");
}
assert.equal(await fake.ended, 0, "the fake ends cleanly");
console.log("consent: ok");

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
async function inPage(walk) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== fake.origin) complaints.push(`asked for ${request.url()}`);
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

async function start() {
  const child = spawn(binary, ["serve", "flow", "--port", "0", "--clock", "frozen"], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.on("exit", done));
  const key = new Promise((found) =>
    createInterface({ input: child.stderr }).on("line", (line) => line.startsWith("  credential  ") && found(line.split(" ").pop())),
  );
  const base = await new Promise((found) => createInterface({ input: child.stdout }).once("line", (line) => found(line.split(" ")[2])));
  return { process: child, ended, base, origin: new URL(base).origin, key: await key };
}
