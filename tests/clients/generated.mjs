// A typed client for each service, generated from its document by openapi-typescript, compiled strictly, and run through openapi-fetch
// against the fake: what the types promise is there.
//
//     bash tests/clients/install.sh node target/clients
//     node tests/clients/generated.mjs target/debug/standin target/clients [SERVICE]...

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serve } from "./fake.mjs";

const [binary, modules, ...named] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const bin = (name) => join(resolve(modules), "node_modules/.bin", name);
// Inside of the folder of packages, so that imports find them.
const work = join(resolve(modules), "generated");
rmSync(work, { recursive: true, force: true });
mkdirSync(work);

const shipped = readdirSync(join(root, "spec"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
const walks = readdirSync(join(here, "generated")).map((file) => basename(file, ".ts"));
assert.deepEqual(shipped.filter((service) => !walks.includes(service)), [], "services without a walk in tests/clients/generated");
const services = named.length > 0 ? named : shipped;

for (const service of services) {
  execFileSync(bin("openapi-typescript"), [join(root, "spec", service, "openapi.yaml"), "--output", join(work, `${service}.types.ts`), "--default-non-nullable=false"], { stdio: "pipe" });
  cpSync(join(here, "generated", `${service}.ts`), join(work, `${service}.ts`));
}
writeFileSync(join(work, "package.json"), '{ "type": "module" }');
const strict = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--skipLibCheck", "--types", "node"];
const compile = [...strict, "--outDir", join(work, "out"), ...services.map((service) => join(work, `${service}.ts`))];
try {
  execFileSync(bin("tsc"), compile, { stdio: "pipe", cwd: work });
} catch (error) {
  console.error(String(error.stdout));
  process.exit(1);
}
writeFileSync(join(work, "out", "package.json"), '{ "type": "module" }');

for (const service of services) {
  const { walk } = await import(pathToFileURL(join(work, "out", `${service}.js`)));
  const fake = await serve(binary, service, "--clock", "frozen");
  try {
    await walk(fake);
  } finally {
    assert.equal(await fake.stop(), 0, "the fake ends cleanly");
  }
  console.log(`generated client of ${service}: ok`);
}
