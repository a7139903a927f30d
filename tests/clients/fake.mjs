// Starts the fake of a service for a client's walk, and moves its time.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * A server on a free port. `base` is the API's base URL, `origin` its scheme and authority, `key` the credential that it printed.
 * `stop` ends it and gives its exit code.
 */
export async function serve(binary, service, ...options) {
  const child = spawn(binary, ["serve", service, "--port", "0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.on("exit", done));
  const told = [];
  const key = new Promise((found) =>
    createInterface({ input: child.stderr }).on("line", (line) => {
      told.push(line);
      if (line.startsWith("  credential  ")) found(line.split(" ").pop());
    }),
  );
  const ready = new Promise((found) => createInterface({ input: child.stdout }).once("line", (line) => found(line.split(" ")[2])));
  const base = await Promise.race([ready, ended.then(() => Promise.reject(new Error(`the fake did not start:\n${told.join("\n")}`)))]);
  const origin = new URL(base).origin;
  const control = async (method, path, body) => {
    const response = await fetch(`${origin}/_standin/${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const stop = () => (child.kill("SIGTERM"), ended);
  return { base, origin, key: await key, control, advance: (by) => control("POST", "clock/advance", { by }), stop };
}
