// Takes an OAuth client library, oauth4webapi, through social-post-flow's authorization code flow with PKCE: approve, deny, exchange, refresh,
// and what must be refused.
//
//     bash tests/clients/install.sh node target/clients
//     node tests/clients/oauth.mjs target/debug/standin target/clients

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { join, resolve } from "node:path";
import { serve } from "./fake.mjs";

const [binary, modules] = process.argv.slice(2);
const oauth = await import(pathToFileURL(join(resolve(modules), "node_modules/oauth4webapi/build/index.js")));

const CLIENT_ID = "019c0a3e-5b1c-7c52-9d0e-3f6a7b8c9d01";
const REDIRECT = "http://127.0.0.1:53682/callback";
const DAY = 86_400;

const fake = await serve(binary, "social-post-flow", "--clock", "frozen");
const server = {
  issuer: fake.origin,
  authorization_endpoint: `${fake.origin}/oauth/authorize`,
  token_endpoint: `${fake.origin}/oauth/token`,
};
const client = { client_id: CLIENT_ID };
// The fake speaks plain HTTP on loopback.
const plain = { [oauth.allowInsecureRequests]: true };
try {
  // Once a client holds a live grant, nobody is asked again.
  await aDenial();
  await theWholeFlow();
  await aCodeServesOnce();
  await aWrongVerifier();
  await anOldCode();
  await anExpiredToken();
} finally {
  assert.equal(await fake.stop(), 0, "the fake ends cleanly");
}
console.log("an OAuth client: ok");

async function theWholeFlow() {
  const { tokens } = await authorize();
  assert.equal(tokens.token_type, "bearer");
  assert.equal(tokens.expires_in, 365 * DAY);
  assert.equal((await user(tokens.access_token)).status, 200);

  const refreshed = await refresh(tokens.refresh_token);
  assert.notEqual(refreshed.access_token, tokens.access_token);
  assert.equal((await user(refreshed.access_token)).status, 200);
  assert.equal((await user(tokens.access_token)).status, 401, "the old access token is revoked at once");
  await refused(refresh(tokens.refresh_token), "invalid_grant");
}

async function aDenial() {
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const answer = await consent(await authorizationUrl(state, verifier), "Deny");
  assert.throws(
    () => oauth.validateAuthResponse(server, client, answer, state),
    (error) => error instanceof oauth.AuthorizationResponseError && error.error === "access_denied",
  );
}

async function aCodeServesOnce() {
  const { parameters, verifier } = await authorize();
  await refused(exchange(parameters, verifier), "invalid_grant");
}

async function aWrongVerifier() {
  const { parameters } = await approve();
  await refused(exchange(parameters, oauth.generateRandomCodeVerifier()), "invalid_grant");
}

async function anOldCode() {
  const { parameters, verifier } = await approve();
  await fake.advance("PT11M");
  await refused(exchange(parameters, verifier), "invalid_grant");
}

async function anExpiredToken() {
  const { tokens } = await authorize();
  await fake.advance(tokens.expires_in);
  assert.equal((await user(tokens.access_token)).status, 401);
}

async function authorize() {
  const { parameters, verifier } = await approve();
  return { parameters, verifier, tokens: await exchange(parameters, verifier) };
}

/** Up to the redirect back to the client, checked as the library does. */
async function approve() {
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const answer = await consent(await authorizationUrl(state, verifier), "Approve");
  return { parameters: oauth.validateAuthResponse(server, client, answer, state), verifier };
}

async function authorizationUrl(state, verifier) {
  const url = new URL(server.authorization_endpoint);
  const challenge = await oauth.calculatePKCECodeChallenge(verifier);
  const asked = { client_id: CLIENT_ID, redirect_uri: REDIRECT, response_type: "code", state, code_challenge: challenge, code_challenge_method: "S256" };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url;
}

/** What a person does in a browser: follows the page's button, and ends at the client's own address. A live grant needs no page. */
async function consent(url, button) {
  let next = url;
  for (;;) {
    const response = await fetch(next, { redirect: "manual" });
    if (response.status === 200) {
      const page = await response.text();
      const link = page.match(new RegExp(`(?:href|action)="([^"]+)"[^>]*>(?:\\s*<[^>]+>)*\\s*${button}`));
      assert.ok(link, `no ${button} in ${page}`);
      next = new URL(link[1].replaceAll("&amp;", "&"), next);
    } else {
      assert.equal(response.status, 302, await response.text());
      next = new URL(response.headers.get("location"), next);
    }
    if (next.href.startsWith(REDIRECT)) return next;
  }
}

async function exchange(parameters, verifier) {
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, REDIRECT, verifier, plain);
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

async function refresh(token) {
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, plain);
  return oauth.processRefreshTokenResponse(server, client, response);
}

function user(token) {
  return fetch(`${fake.base}/user`, { headers: { Authorization: `Bearer ${token}`, Accept: "application/json" } });
}

function refused(request, code) {
  return assert.rejects(request, (error) => error instanceof oauth.ResponseBodyError && error.error === code);
}
