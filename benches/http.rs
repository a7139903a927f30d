//! What a call costs, as a ratio against bare axum handlers measured in the same run: `cargo bench --bench http`.
//!
//! Every server is a process of its own and is measured in CPU time per call (user and system, from `/proc`), which other load on the
//! machine disturbs far less than wall time. Yardsticks: *static* answers the same bytes; *store* parses the same body, validates it with
//! the same schema, compiled, keeps it in a mutexed map and serialises on each read. A ratio of 0.5 means twice the yardstick's cost.
//!
//! Options after `--`: a word runs only the rows whose name contains it; `--calls N` sets the calls per row (default 40,000).

mod client;
mod services;
mod yardstick;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::{Load, Request, load};
use serde_json::{Value, json};
use services::Service;

/// How often a program is started for the quietest start of all.
const STARTS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = arguments.iter().position(|argument| argument == "--yardstick") {
        yardstick::run(&arguments[role + 1..]);
        return;
    }
    // `cargo test --benches` asks only whether it builds and starts.
    if arguments.iter().any(|argument| argument == "--test") || !cfg!(target_os = "linux") {
        return;
    }
    if let Some(status) = off_the_first_core(&arguments) {
        std::process::exit(status);
    }
    let after =
        |flag: &str| arguments.iter().position(|argument| argument == flag).and_then(|at| arguments.get(at + 1));
    let calls = after("--calls").and_then(|text| text.parse().ok()).unwrap_or(40_000);
    let only = arguments.iter().find(|argument| !argument.starts_with("--") && argument.parse::<u64>().is_err());
    let mut bench = Bench { calls, only: only.cloned(), folder: folder() };
    println!("{:<44} {:>10} {:>10} {:>10} {:>7}  budget", "what", "standin µs", "yardstick", "µs", "ratio");
    bench.reads_and_writes(100);
    bench.reads_and_writes(100_000);
    services::others().for_each(|service| bench.other_service(&service));
    bench.faults();
    bench.many_operations();
    bench.start();
    bench.memory();
    bench.worlds();
    let _ = std::fs::remove_dir_all(&bench.folder);
}

fn folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("standin-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the run");
    folder
}

struct Bench {
    calls: usize,
    only: Option<String>,
    folder: std::path::PathBuf,
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// A fake that refuses no call for there being too many.
    fn standin(&self, document: &str) -> Server {
        let mut command = as_shipped(document);
        if let Some((name, text)) = services::overlay(document) {
            let file = self.folder.join(name);
            std::fs::write(&file, text).expect("the overlay can be written");
            command.arg("--overlay").arg(file);
        }
        Server::start(command)
    }

    /// A bare handler that answers these bytes.
    fn fixed(&self, body: &[u8]) -> Server {
        let file = self.folder.join("body");
        std::fs::write(&file, body).expect("the body can be written");
        self.yardstick(&["static", &file.display().to_string()])
    }

    /// A store of what fits a schema of a service's document.
    fn store(&self, service: &str, schema: &str) -> Server {
        self.yardstick(&["store", &services::document(service).display().to_string(), schema])
    }

    fn yardstick(&self, role: &[&str]) -> Server {
        let mut command = on_one_core(&std::env::current_exe().expect("this program has a path"));
        command.arg("--yardstick").args(role);
        Server::start(command)
    }

    fn reads_and_writes(&mut self, records: usize) {
        let label = |name: &str| format!("{name}, {records} records");
        let names =
            ["GET by id", "list of 20", "list of 20 by status", "list of 20, deep page", "POST valid", "POST invalid"];
        if !names.iter().any(|name| self.wants(&label(name))) {
            return;
        }
        let server = self.standin("flow");
        let key = server.credential("flow");
        server.fill(&key, records);
        let store = self.store("flow", "CreatePost");
        // As many records, the newest of which it lists.
        let posts: Vec<Request> =
            (0..20).map(|number| Request::post("/posts", "", &post(number).to_string())).collect();
        load(&Load { address: &store.address, requests: &posts, calls: records, connections: 8 });
        let get = Request::get("/v1/posts/post_bench1", &key);
        self.against_static(&label(names[0]), &server, get, "≥ 0.5, aim 0.75 of static");
        let pages = records.div_ceil(20).max(1) / 2;
        let lists = [
            (names[1], "/v1/posts?per_page=20".to_owned()),
            (names[2], "/v1/posts?per_page=20&filter%5Bstatus%5D=queued".to_owned()),
            (names[3], format!("/v1/posts?per_page=20&page={}", pages.max(1))),
        ];
        for (name, target) in lists {
            let pair = Pair { server: &server, yardstick: &store, named: "store" };
            let budget = "≥ 1.0, aim 2.0 of store's list";
            self.compare(&label(name), &pair, &[Request::get(&target, &key)], &[Request::get("/posts", &key)], budget);
        }
        let body = json!({"channelId": "channel_launch", "content": "A post of ordinary length, as people write them.", "scheduledFor": 4_102_444_800_000_i64});
        let valid = Request::post("/v1/posts", &key, &body.to_string());
        let stored = Request::post("/posts", &key, &body.to_string());
        let pair = Pair { server: &server, yardstick: &store, named: "store" };
        let budget = "≥ 0.5, aim 0.9 of store's POST";
        let valid_us = self.compare(&label(names[4]), &pair, &[valid], std::slice::from_ref(&stored), budget);
        let wrong = json!({"content": "", "mediaKeys": 5, "scheduledFor": "soon"}).to_string();
        let invalid = Request::post("/v1/posts", &key, &wrong);
        let invalid_us = self.compare(&label(names[5]), &pair, &[invalid], &[stored], "not dearer than the valid one");
        if let (Some(valid), Some(invalid)) = (valid_us, invalid_us) {
            println!("{:<44} {:>41.2}  ≥ 1.0, aim 1.3", "  invalid POST against the valid one", valid / invalid);
        }
    }

    /// The same three calls for each shipped service, with the budgets of flow.
    fn other_service(&self, service: &Service) {
        let label = |what: &str| format!("{}: {what}", service.name);
        let (get, list, post) = (label("GET by id"), label("list of 20"), label("POST valid"));
        if ![&get, &list, &post].iter().any(|name| self.wants(name)) {
            return;
        }
        let server = self.standin(service.name);
        let key = server.credential(service.name);
        let request = |target: &str| Request::get(target, &key);
        self.against_static(&get, &server, request(service.get), "≥ 0.5, aim 0.75 of static");
        let Some(making) = &service.making else { return };
        let making_one = Request::post(making.post, &key, &making.body());
        let make = |what: &str| {
            let answer = server.send(&making_one).expect("the fake answers");
            assert!(answer.status < 300, "{what}: {}", String::from_utf8_lossy(&answer.body));
        };
        (0..20).for_each(|_| make("before the list"));
        let store = self.store(service.name, making.schema);
        store.keep(server.listed(&request(making.list)));
        let pair = Pair { server: &server, yardstick: &store, named: "store" };
        let budget = "≥ 1.0, aim 2.0 of store's list";
        self.compare(&list, &pair, &[request(making.list)], &[Request::get("/posts", &key)], budget);
        let stored = Request::post("/posts", &key, &making.body());
        self.compare(&post, &pair, std::slice::from_ref(&making_one), &[stored], "≥ 0.5, aim 0.9 of store's POST");
        make("after all the others");
    }

    fn against_static(&self, name: &str, server: &Server, request: Request, budget: &str) {
        if !self.wants(name) {
            return;
        }
        let body = server.send(&request).expect("the fake answers").body;
        let yardstick = self.fixed(&body);
        let pair = Pair { server, yardstick: &yardstick, named: "static" };
        let other = request.clone();
        self.compare(name, &pair, &[request], &[other], budget);
    }

    /// Both servers in turns, in short rounds. The quietest round of each is compared: what else a machine does only ever adds to a call's
    /// cost, and adds more to what needs more of its caches. Gives standin's µs a call.
    fn compare(&self, name: &str, pair: &Pair<'_>, ours: &[Request], theirs: &[Request], budget: &str) -> Option<f64> {
        if !self.wants(name) {
            return None;
        }
        const ROUNDS: usize = 20;
        let calls = self.calls / ROUNDS;
        let (mut standin, mut yardstick) = (Vec::new(), Vec::new());
        pair.server.cost(ours, calls);
        pair.yardstick.cost(theirs, calls);
        for _ in 0..ROUNDS {
            standin.push(pair.server.cost(ours, calls));
            yardstick.push(pair.yardstick.cost(theirs, calls));
        }
        let (standin, yardstick) = (least(&standin), least(&yardstick));
        let ratio = yardstick / standin;
        println!("{name:<44} {standin:>10.1} {:>10} {yardstick:>10.1} {ratio:>7.2}  {budget}", pair.named);
        Some(standin)
    }

    /// The same call where nothing is armed, and where faults are that do not concern it: in another world, and for another operation of its
    /// own. What the machinery costs that stands by for either is part of every other row, which had the same budgets before there was any.
    fn faults(&self) {
        let rows = [
            ("GET by id, fault armed in another world", "/~other/_standin/faults", "≥ 0.97 of nothing armed"),
            ("GET by id, fault armed for another operation", "/_standin/faults", "≥ 0.95 of nothing armed"),
        ];
        for (name, control, budget) in rows {
            if !self.wants(name) {
                continue;
            }
            let (idle, armed) = (self.standin("flow"), self.standin("flow"));
            let key = idle.credential("flow");
            let fault = json!({"kind": "truncate", "operation": "createPost"}).to_string();
            let answer = armed.send(&Request::post(control, "", &fault)).expect("the fake answers");
            assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
            let request = [Request::get("/v1/posts/post_launch", &key)];
            let pair = Pair { server: &armed, yardstick: &idle, named: "idle" };
            self.compare(name, &pair, &request, &request, budget);
        }
    }

    /// The same call on documents of 10 and of 1,200 operations.
    fn many_operations(&self) {
        let name = "GET by id, 1,200 operations against 10";
        if !self.wants(name) {
            return;
        }
        let ready = |operations: usize| {
            let file = self.folder.join(format!("operations-{operations}.json"));
            std::fs::write(&file, synthetic(operations).to_string()).expect("the document can be written");
            let server = self.standin(&file.display().to_string());
            let made = server.send(&Request::post("/things0", "", r#"{"name":"a"}"#)).expect("the fake answers");
            let made: Value = serde_json::from_slice(&made.body).expect("JSON");
            let target = format!("/things0/{}", made["id"].as_str().expect("an id"));
            (server, [Request::get(&target, "")])
        };
        let ((few, of_few), (many, of_many)) = (ready(10), ready(1_200));
        let pair = Pair { server: &many, yardstick: &few, named: "10" };
        self.compare(name, &pair, &of_many, &of_few, "≥ 0.91 (10 % more)");
    }

    /// From the start of the process to the first right answer.
    fn start(&self) {
        let large = self.folder.join("large.json");
        std::fs::write(&large, synthetic(1_200).to_string()).expect("the document can be written");
        let large = large.display().to_string();
        let runs = [
            ("start, shipped service", "flow", "/v1/posts/post_launch", "≤ 20 ms, aim 8"),
            ("start, 1,200 operations", large.as_str(), "/things0", "≤ 250 ms CPU, aim 120"),
        ];
        for (name, document, target, budget) in runs {
            if !self.wants(name) {
                continue;
            }
            let key = match document {
                "flow" => Server::start(as_shipped(document)).credential(document),
                _ => String::new(),
            };
            let (mut wall, mut cpu, mut rss) = (Vec::new(), Vec::new(), 0);
            for _ in 0..STARTS {
                let began = Instant::now();
                let server = Server::start(as_shipped(document));
                let answer = server.send(&Request::get(target, &key));
                wall.push(began.elapsed().as_secs_f64() * 1e3);
                assert!(answer.is_some_and(|answer| answer.status == 200), "the fake answers");
                cpu.push(server.cpu().as_secs_f64() * 1e3);
                rss = server.rss_kib();
            }
            println!(
                "{name:<44} {:>7.1} ms wall {:>7.1} ms CPU, {:.1} MiB idle  {budget}",
                least(&wall),
                least(&cpu),
                rss as f64 / 1024.0
            );
        }
        let name = "standin --version";
        if self.wants(name) {
            let version = || {
                let began = Instant::now();
                let status =
                    Command::new(env!("CARGO_BIN_EXE_standin")).arg("--version").stdout(Stdio::null()).status();
                assert!(status.is_ok_and(|status| status.success()));
                began.elapsed().as_secs_f64() * 1e3
            };
            let times: Vec<f64> = (0..STARTS).map(|_| version()).collect();
            println!("{name:<44} {:>7.1} ms wall  ≤ 8 ms, aim 3", least(&times));
        }
    }

    fn memory(&self) {
        let name = "memory, reads";
        if self.wants(name) {
            let server = self.standin("flow");
            let key = server.credential("flow");
            let shipped = Server::start(as_shipped("flow"));
            shipped.send(&Request::get("/_standin/health", "")).expect("the fake answers");
            let (idle, own) = (shipped.rss_kib(), shipped.own_kib());
            let bare = self.store("flow", "CreatePost");
            let (bare, bare_own) = (bare.rss_kib(), bare.own_kib());
            let request = [Request::get("/v1/posts/post_launch", &key)];
            server.cost(&request, 50_000);
            let early = server.rss_kib();
            server.cost(&request, 950_000);
            let late = server.rss_kib();
            let mib = |kib: u64| kib as f64 / 1024.0;
            println!(
                "{name:<44} idle {:.1} MiB written, {:.1} with the program's pages (store {:.1}, {:.1})  ≤ 12, aim 9",
                mib(own),
                mib(idle),
                mib(bare_own),
                mib(bare)
            );
            println!("{:<44} after 50,000 {:.1} MiB, after a million {:.1}  flat", "", mib(early), mib(late));
        }
        let name = "memory, records";
        if self.wants(name) {
            let server = self.standin("flow");
            let key = server.credential("flow");
            server.fill(&key, 1_000);
            let before = server.rss_kib();
            server.fill(&key, 101_000);
            let each = (server.rss_kib() - before) as f64 * 1024.0 / 100_000.0;
            println!("{name:<44} {each:.0} bytes for each kept post  ≤ 2,048, aim 1,229");
        }
    }

    /// Worlds made, reset, saved and restored through the control API, in CPU time; the quietest of some rounds each.
    fn worlds(&self) {
        const WORLDS: usize = 500;
        const RECORDS: usize = 10_000;
        let control = |path: &str| [Request::post(path, "", "{}")];
        let least_of = |server: &Server, path: &str| {
            let costs: Vec<f64> = (0..STARTS).map(|_| server.cost(&control(path), 100) / 1e3).collect();
            least(&costs)
        };
        let name = "world, made";
        if self.wants(name) {
            let server = self.standin("flow");
            server.send(&Request::get("/~warm/v1/posts", "")).expect("the fake answers");
            let (before, memory) = (server.cpu(), server.rss_kib());
            for world in 0..WORLDS {
                server.send(&Request::get(&format!("/~bench{world}/v1/posts"), "")).expect("the fake answers");
            }
            let each = (server.cpu() - before).as_secs_f64() * 1e3 / WORLDS as f64;
            let kib = (server.rss_kib() - memory) as f64 / WORLDS as f64;
            println!("{name:<44} {each:>7.2} ms CPU {kib:>7.1} KiB each  ≤ 1 ms, aim 0.1; ≤ 62.5 KiB, aim 16");
        }
        let name = "world, reset";
        if self.wants(name) {
            let server = self.standin("flow");
            let each = least_of(&server, "/_standin/world/reset");
            println!("{name:<44} {each:>7.2} ms CPU  ≤ 1 ms, aim 0.1");
        }
        let name = "world, saved and restored, 10000 records";
        if self.wants(name) {
            let server = self.standin("flow");
            let key = server.credential("flow");
            server.fill(&key, RECORDS);
            let saved = least_of(&server, "/_standin/world/save");
            let restored = least_of(&server, "/_standin/world/restore");
            println!("{name:<44} {saved:>7.2} and {restored:.2} ms CPU  ≤ 5 ms, aim 0.1");
        }
    }
}

/// Runs this program once more on all cores but the first, which the servers have; gives what it came to. `None`: it runs there already, or
/// there is no other core.
fn off_the_first_core(arguments: &[String]) -> Option<i32> {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process runs");
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).map(str::trim)?;
    let others = match allowed.strip_prefix("0-") {
        Some(last) => format!("1-{last}"),
        None => allowed.strip_prefix("0,")?.to_owned(),
    };
    let program = std::env::current_exe().expect("this program has a path");
    let status = Command::new("taskset").args(["-c", &others]).arg(program).args(arguments).status();
    status.expect("taskset is there").code().or(Some(1))
}

fn as_shipped(document: &str) -> Command {
    let mut command = on_one_core(env!("CARGO_BIN_EXE_standin").as_ref());
    command.args(["serve", document, "--port", "0", "--quiet"]);
    command
}

/// Servers run on the first core, the client on the others.
fn on_one_core(program: &std::path::Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

/// Two servers that are compared.
struct Pair<'a> {
    server: &'a Server,
    yardstick: &'a Server,
    named: &'a str,
}

/// A server process, stopped when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Server {
        use std::io::BufRead;
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the server starts");
        let stdout = child.stdout.take().expect("its output is piped");
        let mut ready = String::new();
        std::io::BufReader::new(stdout).read_line(&mut ready).expect("the ready line");
        let url = ready.split_whitespace().last().expect("a URL").trim_start_matches("http://");
        let address = url.split('/').next().expect("an authority").to_owned();
        Server { child, address }
    }

    fn send(&self, request: &Request) -> Option<client::Answer> {
        client::send(&self.address, request)
    }

    /// CPU time of the process per call, in µs.
    fn cost(&self, requests: &[Request], calls: usize) -> f64 {
        let before = self.cpu();
        load(&Load { address: &self.address, requests, calls, connections: 8 });
        (self.cpu() - before).as_secs_f64() * 1e6 / calls as f64
    }

    fn cpu(&self) -> Duration {
        // In nanoseconds by thread; the process's own counters have ticks of 10 ms.
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the process runs");
        let times = threads.filter_map(|thread| {
            let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// Memory in use: what the process has written, and the pages of its program and libraries that it has touched.
    fn rss_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// Memory that the process has written.
    fn own_kib(&self) -> u64 {
        self.memory_kib("RssAnon:")
    }

    fn memory_kib(&self, word: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process runs");
        let line = status.lines().find(|line| line.starts_with(word)).expect("a resident size");
        line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
    }

    /// The seed key, as a listing through a branch of the control API would be long: it is the same in every run.
    fn credential(&self, service: &str) -> String {
        let plan = client::send(&self.address, &Request::get("/_standin/health", "")).expect("health");
        assert_eq!(plan.status, 200);
        let output = Command::new(env!("CARGO_BIN_EXE_standin"))
            .args(["serve", service, "--port", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut banner = output.expect("a server for its banner");
        let key = {
            use std::io::BufRead;
            let lines = std::io::BufReader::new(banner.stderr.take().expect("piped")).lines();
            lines
                .map_while(Result::ok)
                .find_map(|line| line.split_once("Bearer ").map(|(_, key)| key.trim().to_owned()))
        };
        let _ = banner.kill();
        let _ = banner.wait();
        key.expect("the banner shows a key")
    }

    /// Adds posts until there are so many made by the bench.
    fn fill(&self, key: &str, records: usize) {
        let _ = key;
        const BATCH: usize = 500;
        for start in (0..records).step_by(BATCH) {
            let posts: Vec<Value> = (start..records.min(start + BATCH)).map(post).collect();
            let body = json!({"resource": "post", "records": posts}).to_string();
            let answer = self.send(&Request::post("/_standin/records", "", &body)).expect("the fake answers");
            assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
        }
    }

    /// Puts records into the store.
    fn keep(&self, records: impl IntoIterator<Item = Value>) {
        for record in records {
            let answer = self.send(&Request::post("/posts", "", &record.to_string())).expect("the store answers");
            assert_eq!(answer.status, 201, "{record}");
        }
    }

    /// The records that a list shows.
    fn listed(&self, list: &Request) -> Vec<Value> {
        let answer = self.send(list).expect("the fake answers");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let lists = body.as_object().into_iter().flat_map(|members| members.values()).filter_map(Value::as_array);
        let records = lists.max_by_key(|list| list.len()).expect("a list").clone();
        assert_eq!(records.len(), 20, "{body}");
        records
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A post of some 566 bytes as JSON.
fn post(number: usize) -> Value {
    let content = format!("Post {number}: {}", "what people write, more or less. ".repeat(6));
    let status = if number.is_multiple_of(2) { "queued" } else { "done" };
    json!({
        "id": format!("post_bench{number}"), "channelId": "channel_launch", "content": content, "mediaKeys": [], "status": status,
        "scheduledFor": 4_102_444_800_000_i64, "enableOptimization": false, "createdAt": 1_700_000_000_000_i64 + number as i64,
        "updatedAt": 1_700_000_000_000_i64, "deliveredAt": null, "error": null, "attemptCount": 0
    })
}

/// A document of ordinary REST resources with so many operations.
fn synthetic(operations: usize) -> Value {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for number in 0..operations.div_ceil(5) {
        let name = format!("Thing{number}");
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let mut properties =
            json!({"id": {"type": "string", "readOnly": true}, "name": {"type": "string", "minLength": 1}});
        for field in 0..20 {
            properties[format!("field{field}")] = json!({"type": ["string", "null"], "maxLength": 200, "description": "A field of this thing, described at some length, as real documents do it, so that the document has the size of real ones. ".repeat(3)});
        }
        schemas.insert(name, json!({"type": "object", "required": ["name"], "properties": properties}));
        let ok = |schema: Value| json!({"description": "Fine.", "content": {"application/json": {"schema": schema}}});
        let body = json!({"required": true, "content": {"application/json": {"schema": reference}}});
        let missing = json!({"description": "None."});
        let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
        paths.insert(format!("/things{number}"), json!({
            "get": {"operationId": format!("list{number}"), "responses": {"200": ok(json!({"type": "array", "items": reference}))}},
            "post": {"operationId": format!("create{number}"), "requestBody": body, "responses": {"201": ok(reference.clone())}}
        }));
        paths.insert(format!("/things{number}/{{id}}"), json!({
            "parameters": id,
            "get": {"operationId": format!("get{number}"), "responses": {"200": ok(reference.clone()), "404": missing}},
            "put": {"operationId": format!("put{number}"), "requestBody": body, "responses": {"200": ok(reference.clone()), "404": missing}},
            "delete": {"operationId": format!("delete{number}"), "responses": {"204": {"description": "Gone."}, "404": missing}}
        }));
    }
    json!({"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
