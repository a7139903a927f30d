//! What a step of a scenario costs: `cargo bench --bench scenarios`.
//!
//! A thousand steps over TCP, each reply held against its schema and compared with its snapshot, as one command from start to end;
//! beside it the same thousand requests by a bare socket loop, and by `hurl` where that is installed. Then twenty such scenarios, a file
//! each, against the fake in process. The server is a bare axum handler in a process of its own.
//!
//! The document is an ordinary one: an item that was created can be read, so the fake keeps records and answers with them. (Of an operation
//! that leads nowhere it can only make up replies, by walking the schema anew for each.)

#[allow(dead_code)]
mod client;
#[allow(dead_code)]
mod yardstick;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::{Load, Request, load};

const STEPS: usize = 1_000;
/// In process several workflows run side by side, each from a file of its own.
const WORKFLOWS: usize = 20;
const ROUNDS: usize = 11;

const BODY: &str = r#"{"id":"item_1","name":"hello","createdAt":"2026-01-01T00:00:00Z","tags":["a","b"],"size":3}"#;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Items, version: "1" }
servers: [{ url: "https://items.example" }]
paths:
  /items:
    post:
      operationId: createItem
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
      responses:
        "200":
          description: The item.
          content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
  /items/{id}:
    get:
      operationId: getItem
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        "200":
          description: The item.
          content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
        "404": { description: There is none. }
components:
  schemas:
    Item:
      type: object
      required: [name]
      properties:
        id: { type: string, readOnly: true }
        name: { type: string, minLength: 1 }
        createdAt: { type: string, format: date-time, readOnly: true }
        tags: { type: array, items: { type: string } }
        size: { type: integer, minimum: 0 }
"##;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = arguments.iter().position(|argument| argument == "--yardstick") {
        yardstick::run(&arguments[role + 1..]);
        return;
    }
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("standin-bench-scenarios-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the run");
    std::fs::write(folder.join("items.yaml"), DOCUMENT).expect("the document can be written");
    std::fs::write(folder.join("body"), BODY).expect("the body can be written");
    println!("{:<56} {:>9} {:>9}", "what", "wall ms", "CPU ms");
    over_tcp(&folder);
    in_process(&folder);
    let _ = std::fs::remove_dir_all(&folder);
}

fn over_tcp(folder: &Path) {
    let server = Server::start(folder);
    let file = scenario(folder, "tcp", STEPS);
    let against = format!("http://{}", server.address);
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
        command.arg("run").arg(&file).args(["--against", &against, "--quiet", "--jobs", "1"]).args(more);
        command.current_dir(folder).env_remove("CI");
        measured(&mut command)
    };
    run(&["--update"]);
    let ours = median((0..ROUNDS).map(|_| run(&[])).collect());
    row(&format!("standin run, {STEPS} steps over TCP, schema and snapshot"), ours);
    let request = [Request::post("/items", "", r#"{"name":"hello"}"#)];
    let bare = median(
        (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                load(&Load { address: &server.address, requests: &request, calls: STEPS, connections: 1 });
                (began.elapsed(), Duration::ZERO)
            })
            .collect(),
    );
    row("bare socket loop, the same requests, nothing checked", bare);
    let hurl = hurl(folder, &against);
    if let Some(hurl) = hurl {
        row("hurl --test, the same requests, status checked", hurl);
    } else {
        println!("hurl is not installed");
    }
    println!("  ratio of standin to the bare loop: {:.1}", ours.0.as_secs_f64() / bare.0.as_secs_f64());
    println!("  budget: 150 ms for the whole command, aim 90");
}

fn in_process(folder: &Path) {
    let files = |name: &str, steps: usize| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the scenarios");
        std::fs::write(folder.join("items.yaml"), DOCUMENT).expect("the document can be written");
        for workflow in 0..WORKFLOWS {
            scenario(&folder, &format!("items{workflow}"), steps);
        }
        folder
    };
    let (few, many) = (files("few", 1), files("many", STEPS));
    let run = |file: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
        command.arg("run").arg(file).arg("--quiet").args(more).current_dir(folder).env_remove("CI");
        measured(&mut command)
    };
    for file in [&few, &many] {
        run(file, &["--update"]);
    }
    let start = median((0..ROUNDS).map(|_| run(&few, &[])).collect());
    // A part so small that no workflow falls into it: the files are read, and nothing is run.
    let nothing = ["--no-snapshots", "--shard", "10000/10000"];
    let read = median((0..ROUNDS).map(|_| run(&many, &nothing)).collect());
    let all = median((0..ROUNDS).map(|_| run(&many, &[])).collect());
    row(&format!("standin run in process, {} steps", WORKFLOWS * STEPS), all);
    row("the same files, read alone", read);
    row(&format!("standin run in process, {WORKFLOWS} steps"), start);
    let steps = (WORKFLOWS * (STEPS - 1)) as f64;
    let rate = |part: fn(&Cost) -> Duration, less: &Cost| steps / (part(&all).saturating_sub(part(less))).as_secs_f64();
    for (what, less) in [("run", &read), ("read and run", &start)] {
        let (wall, cpu) = (rate(|cost| cost.0, less), rate(|cost| cost.1, less));
        println!("  steps {what} a second: {wall:.0} by wall time, {cpu:.0} by CPU time");
    }
    println!("  budget: 15,000, aim 45,000");
}

/// Wall time, and CPU time (user and system).
type Cost = (Duration, Duration);

fn row(what: &str, (wall, cpu): Cost) {
    println!("{what:<56} {:>9.1} {:>9.1}", wall.as_secs_f64() * 1000.0, cpu.as_secs_f64() * 1000.0);
}

fn median(mut costs: Vec<Cost>) -> Cost {
    let middle = costs.len() / 2;
    costs.sort_by_key(|cost| cost.0);
    let wall = costs[middle].0;
    costs.sort_by_key(|cost| cost.1);
    (wall, costs[middle].1)
}

fn measured(command: &mut Command) -> Cost {
    let before = children_cpu();
    let began = Instant::now();
    let output = command.output().expect("the program starts");
    let wall = began.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    (wall, children_cpu() - before)
}

/// CPU time of all children that have ended, from `/proc`; zero elsewhere.
fn children_cpu() -> Duration {
    const TICKS_PER_SECOND: u64 = 100;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(13) + ticks(14)) * 1000 / TICKS_PER_SECOND)
}

fn scenario(folder: &Path, name: &str, steps: usize) -> PathBuf {
    let mut text = String::from(
        "arazzo: 1.0.1\ninfo: { title: Load, version: '1' }\nsourceDescriptions: [{ name: items, url: items.yaml, type: openapi }]\nworkflows:\n",
    );
    text.push_str("  - workflowId: create\n    steps:\n");
    for step in 0..steps {
        let _ = writeln!(text, "      - stepId: s{step}\n        operationId: createItem");
        let _ = writeln!(text, "        requestBody: {{ payload: {{ name: hello }} }}");
        let _ = writeln!(text, "        successCriteria: [{{ condition: $statusCode == 200 }}]");
    }
    let file = folder.join(format!("{name}.arazzo.yaml"));
    std::fs::write(&file, text).expect("the scenario can be written");
    file
}

fn hurl(folder: &Path, against: &str) -> Option<Cost> {
    let one = format!(
        "POST {against}/items\nContent-Type: application/json\n{{\"name\":\"hello\"}}\nHTTP 200\n[Asserts]\njsonpath \"$.name\" == \"hello\"\n\n"
    );
    let file = folder.join("load.hurl");
    std::fs::write(&file, one.repeat(STEPS)).ok()?;
    Command::new("hurl").arg("--version").stdout(Stdio::null()).status().ok()?;
    let run = |_| measured(Command::new("hurl").arg("--test").arg(&file));
    Some(median((0..ROUNDS).map(run).collect()))
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Server {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["--yardstick", "static"]).arg(folder.join("body")).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the ready line");
        let address = line.trim().rsplit('/').next().expect("an address").to_owned();
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
