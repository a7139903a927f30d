// Audits HTTP clients that others wrote, each as it comes or as its documentation sets it up, and tells in a table what each gets right and
// wrong: `spec/audit-clients.md`. Without `--write` the table is checked: versions and set-ups must be those in use, no rule may come out as the
// opposite of what is written, and no more than a few may be decided here and undecided there, or broken here and not told of there. The grade
// follows from the marks, and is not compared.
//
//     bash tests/clients/install.sh node target/clients
//     bash tests/clients/install.sh python target/clients
//     node tests/clients/audit.mjs target/debug/standin target/clients [CLIENT]...
//     node tests/clients/audit.mjs target/debug/standin target/clients --write

import { spawn } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [binary, folder, ...rest] = process.argv.slice(2);
const write = rest.includes("--write");
const chosen = rest.filter((word) => word !== "--write");
const here = fileURLToPath(new URL("audit", import.meta.url));
const page = fileURLToPath(new URL("../../spec/audit-clients.md", import.meta.url));
const clients = resolve(folder);
const python = join(clients, "python/bin/python");
const MARKS = { passed: "✓", failed: "✗", undecided: "" };
/** Most runs of a client at once, and most clients: they wait more than they work, but a machine that is too busy hides their waits. Half of the
 * runs of a client hang for most of its audit. */
const JOBS = 8;
const CLIENTS_AT_ONCE = 2;
/** A verdict about waits can suffer from a busy machine. */
const ATTEMPTS = 3;
/** Most rules of a client that a busy machine, or chance, may leave undecided in one place and not in the other. */
const LOST_MAX = 4;

const CLIENTS = [
  { name: "axios-retry", packages: ["axios", "axios-retry"], how: "`retries: 3`", command: ["node", "axios-retry.mjs"] },
  { name: "got", packages: ["got"], how: "as it comes", command: ["node", "got.mjs"] },
  { name: "ky", packages: ["ky"], how: "as it comes", command: ["node", "ky.mjs"] },
  {
    name: "urllib3.Retry",
    packages: ["urllib3"],
    how: "`total=3`, `backoff_factor=0.1`, `status_forcelist` of its documentation's example",
    command: [python, "urllib3_retry.py"],
  },
  {
    name: "httpx + tenacity",
    packages: ["httpx", "tenacity"],
    how: "four attempts after any `HTTPError`, `wait_random_exponential`",
    command: [python, "httpx_tenacity.py"],
  },
  {
    name: "reqwest-retry",
    packages: ["reqwest", "reqwest-middleware", "reqwest-retry"],
    how: "`ExponentialBackoff`, 3 retries",
    command: [join(clients, "rust/debug/reqwest-retry-audited")],
  },
];

const unknown = chosen.filter((name) => !CLIENTS.some((client) => client.name === name));
const names = CLIENTS.map((client) => JSON.stringify(client.name)).join(", ");
if (unknown.length > 0) refuse(`there is no client ${JSON.stringify(unknown[0])}; the clients are ${names}`);
if (write && chosen.length > 0) refuse("--write makes the whole table, so it takes no names of clients");

// Modules are looked for beside the scripts, so the scripts go to where the packages are.
const scripts = join(clients, "audit");
await mkdir(scripts, { recursive: true });
await cp(here, scripts, { recursive: true });
const manifest = join(here, "reqwest-retry/Cargo.toml");
await succeed("cargo", ["build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", join(clients, "rust")]);

const wanted = CLIENTS.filter((client) => chosen.length === 0 || chosen.includes(client.name));
const committed = await readFile(page, "utf8").catch(() => "");
const audits = await some(wanted, async (client) => ({ ...client, version: await version(client), report: await audit(client) }));

if (write) {
  await writeFile(page, text(audits));
  console.log(`wrote the table of ${audits.length} clients`);
} else {
  for (let attempt = 1; differences(audits).length > 0; attempt++) {
    const differing = differences(audits);
    if (attempt === ATTEMPTS) throw new Error(`spec/audit-clients.md says otherwise:\n${differing.join("\n")}`);
    console.log(`once more, because of\n${differing.join("\n")}`);
    const again = audits.filter((one) => differences([one]).length > 0);
    await some(again, async (one) => (one.report = await audit(one)));
  }
  console.log(`audits of ${audits.length} clients: ok`);
}

/** What comes of each, in their order; some are under way at once, and the next begins when one is over. */
async function some(all, perform) {
  const results = [];
  const open = [...all.entries()];
  const worker = async () => {
    for (let next = open.shift(); next; next = open.shift()) results[next[0]] = await perform(next[1]);
  };
  await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, worker));
  return results;
}

/** The JSON report of a client's audit. */
async function audit(client) {
  const file = join(scripts, `${client.name.replaceAll(/\W+/g, "-")}.json`);
  const options = ["audit", "flow", "--quiet", "--jobs", String(JOBS), "--report", `json=${file}`, "--", ...client.command];
  await succeed(resolve(binary), options, { cwd: scripts });
  const report = JSON.parse(await readFile(file, "utf8"));
  const { passed, failed, undecided } = report.summary.rules;
  console.log(`${client.name}: grade ${report.grade}, ${passed} kept, ${failed} broken, ${undecided} undecided`);
  return report;
}

/** What differs from the committed table, as lines. */
function differences(audits) {
  return audits.flatMap(({ name, version, how, report }) => {
    const known = column(committed, name);
    if (!known) return [`${name} has no column`];
    const set = committed.includes(`\n${row([name, version, how])}\n`) ? [] : [`${name} is ${version} now, or set up otherwise`];
    const lost = report.rules.filter(({ code, outcome }) => (known.get(code) ? outcome === "undecided" : outcome === "failed"));
    const undecided = lost.length > LOST_MAX ? [`${name}: decided in one place alone are ${lost.map(({ code }) => code).join(", ")}`] : [];
    const rules = report.rules.filter(({ code, outcome }) => outcome !== "undecided" && known.get(code) && known.get(code) !== MARKS[outcome]);
    return [...set, ...undecided, ...rules.map(({ code, outcome, evidence }) => `${name}: ${code} is ${outcome}: ${evidence[0]?.text ?? ""}`)];
  });
}

function row(cells) {
  return `| ${cells.join(" | ")} |`;
}

/** A client's column of the table, by rule. */
function column(markdown, name) {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| "));
  const cells = rows.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const head = cells.find((row) => row[0] === "rule");
  const at = head?.indexOf(name) ?? -1;
  if (at < 0) return undefined;
  return new Map(cells.slice(cells.indexOf(head)).map((row) => [row[0].replaceAll(/[`*]|\[|\].*$/g, ""), row[at].replaceAll("*", "")]));
}

function text(audits) {
  const names = audits.map(({ name }) => name);
  const rules = audits[0].report.rules.map(({ code }) => code);
  const of = (report, code) => report.rules.find((rule) => rule.code === code);
  const decided = rules.filter((code) => audits.some(({ report }) => of(report, code).outcome !== "undecided"));
  const lines = [
    "# What common clients get right and wrong",
    "",
    "`standin audit flow` of six HTTP clients, each as it comes or as its own documentation sets it up. The job is the same for all: read a list page",
    "by page, create a channel, read it back ([`tests/clients/audit/`](../tests/clients/audit/)). All of them can be told to do better; the table",
    "shows what happens when nobody tells them. ✓ kept, ✗ broken, empty where the job or the client left it undecided. The rules are explained in",
    "[`audit.md`](audit.md).",
    "",
    "This page is written by `node tests/clients/audit.mjs target/debug/standin target/clients --write`, and checked by the same command without",
    "`--write`, which `.ci/run` gives.",
    "",
    row(["client", "version", "set up"]),
    row(["---", "---", "---"]),
    ...audits.map(({ name, version, how }) => row([name, version, how])),
    "",
    row(["rule", ...names]),
    row(["---", ...names.map(() => ":-:")]),
    row(["**grade**", ...audits.map(({ report }) => `**${report.grade}**`)]),
    ...decided.map((code) => row([`\`${code}\``, ...audits.map(({ report }) => MARKS[of(report, code).outcome])])),
    "",
    "## What is behind the crosses",
    ...audits.flatMap(({ name, report }) => {
      const broken = report.rules.filter((rule) => rule.outcome === "failed");
      const sentence = (rule) => `- \`${rule.code}\` (${rule.severity}): ${rule.title}.`;
      return ["", `### ${name}`, "", ...(broken.length > 0 ? broken.map(sentence) : ["Nothing was broken."])];
    }),
    "",
  ];
  return lines.join("\n");
}

/** The versions in use: from the packages' own files. */
async function version({ packages, command }) {
  const found = packages.map(async (name) => {
    if (command[0] === "node") {
      return JSON.parse(await readFile(join(clients, "node_modules", name, "package.json"), "utf8")).version;
    }
    const pins = await readFile(command[0] === python ? join(clients, "requirements.txt") : manifest, "utf8");
    return pins.match(new RegExp(`^${name} ?=(?:=|.*?"=)([0-9.]+)`, "m"))[1];
  });
  return (await Promise.all(found)).map((number, at) => (packages.length > 1 ? `${packages[at]} ${number}` : number)).join(", ");
}

function refuse(why) {
  console.error(`error: ${why}`);
  process.exit(2);
}

/** Runs a command to its end, quietly; fails with what it wrote when it fails. */
function succeed(program, options, settings = {}) {
  return new Promise((done, failed) => {
    const child = spawn(program, options, { ...settings, stdio: ["ignore", "pipe", "pipe"] });
    let told = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (told = (told + bytes).slice(-20_000)));
    child.on("error", failed);
    child.on("exit", (code) => (code === 0 ? done() : failed(new Error(`${program} ${options.join(" ")} ended with ${code}:\n${told}`))));
  });
}
