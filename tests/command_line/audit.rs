//! `standin audit`: clients as people run them, from a line of shell to one that floods; and `standin serve --audit`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{BINARY, Done, Folder, PATIENCE, Server, run, run_in};

const SERVICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/parcels.yaml");

/// `call METHOD PATH` makes a call and puts its status into `$status`; nothing where the connection breaks.
const SHELL: &str = r#"
call() {
  local rest=${STANDIN_BASE_URL#http://} status_line
  local host=${rest%%/*}
  exec 3<>"/dev/tcp/${host%:*}/${host#*:}" || return 1
  printf '%s /%s%s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nConnection: close\r\n\r\n' \
    "$1" "${rest#*/}" "$2" "$host" "$STANDIN_CREDENTIAL" >&3
  status=
  read -r _ status _ <&3
  exec 3>&- 3<&-
}
"#;

/// Tries a read four times, with growing waits that differ.
const RETRYING: &str = r#"
for wait in 0.1 0.2 0.4 0; do
  call GET /parcels
  [ "$status" = 200 ] && exit 0
  sleep "$wait$((RANDOM % 10))"
done
exit 1
"#;

const PLAN: &str = "\
trials:
  - { name: once, needs: [read], faults: [{ kind: status, status: 503, times: 1 }] }
  - { name: twice, runs: 2, needs: [read], faults: [{ kind: close, times: 2 }] }
  - { name: pages, needs: [page], faults: [{ kind: close, times: 1 }] }
";

/// A folder with the plan, and a client of these lines.
fn folder(lines: &str) -> Folder {
    let folder = Folder::new();
    folder.write("plan.yaml", PLAN);
    folder.write("client.sh", &format!("{SHELL}\n{lines}\n"));
    folder
}

/// Audits the client of a folder.
fn audit(folder: &Folder, options: &[&str]) -> Done {
    let command = ["audit", SERVICE, "--plan", "plan.yaml", "--quiet"];
    run_in(folder.path(), &[&command, options, &["--", "bash", "client.sh"]].concat())
}

/// The JSON report, and the exit code.
fn report(folder: &Folder, options: &[&str]) -> (Value, Option<i32>) {
    let done = audit(folder, &[&["--report", "json=-"], options].concat());
    let report = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    (report, done.code)
}

fn told(report: &Value) -> (&Value, &Value) {
    (&report["ended"]["state"], &report["ended"]["reason"])
}

#[test]
fn a_client_is_run_without_faults_and_then_trial_by_trial() {
    let folder = folder(RETRYING);
    let (report, code) = report(&folder, &["--min-grade", "F"]);
    assert_eq!((code, &report["ended"]["state"]), (Some(0), &json!("finished")), "{report:#}");
    let runs = report["runs"].as_array().unwrap();
    let seen: Vec<Value> = runs
        .iter()
        .map(|run| {
            let statuses: Vec<&Value> =
                run["exchanges"].as_array().unwrap().iter().map(|exchange| &exchange["status"]).collect();
            json!([run["trial"], run["number"], run["exit"]["code"], statuses.len()])
        })
        .collect();
    // One call, and as many attempts more as there were faults.
    assert_eq!(
        seen,
        [json!(["baseline", 1, 0, 1]), json!(["once", 1, 0, 2]), json!(["twice", 1, 0, 3]), json!(["twice", 2, 0, 3])]
    );
    let trials: Vec<&Value> = report["trials"].as_array().unwrap().iter().map(|trial| &trial["name"]).collect();
    assert_eq!(trials, ["baseline", "once", "twice", "pages"]);
    assert_eq!(report["trials"][3]["skipped"], "the baseline read no second page of any list");
    let faults = &runs[1]["faults"];
    assert_eq!((&faults[0]["fault"]["kind"], &faults[0]["hits"]), (&json!("status"), &json!(1)));
}

#[test]
fn a_client_below_the_least_grade_gives_exit_code_1() {
    let folder = folder("call GET /parcels; [ \"$status\" = 200 ]");
    let (graded, code) = report(&folder, &["--trial", "once"]);
    assert_eq!(code, Some(0));
    assert_ne!(graded["grade"], "A", "it gives up at once: {graded:#}");
    let (_, code) = report(&folder, &["--trial", "once", "--min-grade", "A"]);
    assert_eq!(code, Some(1));
    let (_, code) = report(&folder, &["--trial", "once", "--min-grade", "f"]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_client_that_fails_without_any_fault_cannot_be_judged() {
    let folder = folder("echo what it says; echo and complains >&2; exit 3");
    let (report, code) = report(&folder, &[]);
    assert_eq!((code, &report["ended"]["state"]), (Some(1), &json!("unjudged")));
    let [run] = &report["runs"].as_array().unwrap()[..] else { panic!("{report:#}") };
    assert_eq!((&run["exit"]["how"], &run["exit"]["code"]), (&json!("code"), &json!(3)));
    assert_eq!((&run["stdout"], &run["stderr"]), (&json!("what it says\n"), &json!("and complains\n")));
    assert_eq!((&report["grade"], &report["rules"]), (&Value::Null, &json!([])));
    // The text says so, too, with the client's own code.
    let done = audit(&folder, &[]);
    assert!(done.stdout.contains('3') && done.stdout.contains("and complains"), "{}", done.stdout);
    assert_eq!((done.code, done.stderr.as_str()), (Some(1), ""));
}

#[test]
fn a_client_that_never_calls_cannot_be_judged() {
    let (report, code) = report(&folder("exit 0"), &[]);
    assert_eq!((code, &report["ended"]["state"]), (Some(1), &json!("unjudged")), "{report:#}");
    assert_ne!(told(&report).1, &Value::Null);
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let done = run(&["audit", SERVICE, "--quiet", "--report", "json=-", "--", "/no/such/program"]);
    let report: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((done.code, &report["ended"]["state"]), (Some(1), &json!("unjudged")));
    let reason = told(&report).1.as_str().expect("a reason");
    assert!(reason.contains("there is no program \"/no/such/program\""), "{reason}");
}

#[test]
fn a_client_that_hangs_is_stopped_with_all_that_it_started() {
    // What it starts ignores TERM as it does itself, and so must be ended with the group.
    let folder = folder("trap '' TERM; sleep 600 & echo $! > child; call GET /parcels; wait; sleep 600");
    let started = Instant::now();
    let (report, code) = report(&folder, &["--run-timeout", "5"]);
    assert!(started.elapsed() < PATIENCE);
    assert_eq!((code, &report["ended"]["state"]), (Some(1), &json!("unjudged")));
    assert_eq!(report["runs"][0]["exit"], json!({"how": "timedOut"}), "{report:#}");
    assert_eq!(report["runs"][0]["exchanges"][0]["status"], 200);
    let child = std::fs::read_to_string(folder.path().join("child")).expect("it was started");
    assert!(!is_alive(child.trim()), "the client's child is still there");
}

#[test]
fn a_client_that_waits_for_ever_and_is_slow_to_stop_has_not_left() {
    // Its call is gone at once when it is asked to stop, and the client itself a good while later.
    let folder = folder("trap 'sleep 1; exit 1' TERM; ( call GET /parcels; [ \"$status\" = 200 ] )");
    let plan = "trials: [{ name: silent, needs: [read], timeout: 3s, faults: [{ kind: hang }] }]\n";
    folder.write("plan.yaml", plan);
    let (report, _) = report(&folder, &[]);
    assert_eq!(report["runs"][1]["exit"], json!({"how": "timedOut"}), "{report:#}");
    let rules = report["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["code"] == "times-out-unanswered-calls").expect("the rule");
    assert_eq!(rule["outcome"], "failed", "{rule:#}");
    assert_eq!(report["runs"][1]["exchanges"][0]["stillWaiting"], true, "{report:#}");
}

#[test]
fn what_a_client_wrote_is_told_though_something_else_holds_its_output_open() {
    // In a group of its own, the child is none of the client's that are stopped with it.
    let folder = folder("set -m; sleep 20 & set +m; echo what it says; echo and complains >&2; exit 3");
    let (report, _) = report(&folder, &[]);
    let run = &report["runs"][0];
    assert_eq!((&run["stdout"], &run["stderr"]), (&json!("what it says\n"), &json!("and complains\n")));
}

#[test]
fn the_credential_is_told_nowhere_though_the_client_prints_it_and_never_sends_it() {
    let folder = folder("env > seen; grep ^STANDIN_ seen");
    let reports = ["--report", "json=report.json", "--report", "html=report.html"];
    let done =
        run_in(folder.path(), &[&["audit", "flow", "--quiet"], &reports[..], &["--", "bash", "client.sh"]].concat());
    assert_eq!(done.code, Some(1), "{done:?}");
    let seen = std::fs::read_to_string(folder.path().join("seen")).expect("the client ran");
    let token = seen.lines().find_map(|line| line.strip_prefix("STANDIN_TOKEN=")).expect("a token");
    let report = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a report");
    for text in [done.stdout, report("report.json"), report("report.html")] {
        assert!(text.contains("STANDIN_TOKEN=***") && !text.contains(token), "{text}");
    }
}

#[test]
fn a_client_that_cannot_be_started_again_is_no_pass_and_the_reason_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("");
    let client = folder.path().join("client");
    std::fs::write(&client, format!("#!/bin/bash\n{SHELL}\nrm \"$0\"; call GET /parcels\n")).expect("a file of a test");
    std::fs::set_permissions(&client, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let command = ["audit", SERVICE, "--plan", "plan.yaml", "--quiet", "--report", "json=-", "--", "./client"];
    let done = run_in(folder.path(), &command);
    let report: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    assert_eq!(report["trials"][1]["skipped"], "there is no program \"./client\"", "{report:#}");
    assert_eq!((done.code, &report["grade"]), (Some(1), &Value::Null), "nothing was decided");
}

/// A process that has ended but that nobody has waited for counts as gone.
fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_client_that_floods_is_stopped() {
    // One connection, many calls without waiting for any reply.
    let folder = folder(
        r#"
rest=${STANDIN_BASE_URL#http://}; host=${rest%%/*}
exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
cat <&3 >/dev/null &
one=$(printf 'GET /%s/parcels HTTP/1.1\r\nHost: %s\r\n\r\n' "${rest#*/}" "$host"; echo .)
one=${one%.}
many=$one$one$one$one$one$one$one$one$one$one
while :; do printf '%s' "$many" >&3; done
"#,
    );
    let (report, code) = report(&folder, &[]);
    assert_eq!((code, &report["ended"]["state"]), (Some(1), &json!("unjudged")));
    assert_eq!(report["runs"][0]["exit"], json!({"how": "flooded"}));
}

#[test]
fn an_audit_that_runs_out_of_time_tells_what_is_known() {
    let folder = folder("call GET /parcels; [ \"$STANDIN_TRIAL\" = baseline ] || sleep 600");
    let (report, code) = report(&folder, &["--timeout", "10"]);
    assert_eq!((code, &report["ended"]["state"]), (Some(1), &json!("outOfTime")), "{report:#}");
    assert_eq!(report["runs"].as_array().unwrap().len(), 1, "a run that was broken off tells nothing");
    assert_eq!(report["trials"][1]["skipped"], "the audit was stopped before");
}

#[test]
fn ctrl_c_stops_the_client_and_tells_what_is_known() {
    stops_the_client_and_tells_what_is_known("INT", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_that_is_closed_leaves_no_client_behind() {
    // A test may itself run under `nohup`.
    stops_the_client_and_tells_what_is_known("HUP", &["--default-signal=HUP"]);
}

/// `env`: how signals are set for the command.
#[track_caller]
fn stops_the_client_and_tells_what_is_known(signal: &str, env: &[&str]) {
    let folder = folder("call GET /parcels; [ \"$STANDIN_TRIAL\" = baseline ] || { echo $$ > sleeping; sleep 600; }");
    let mut audit = Command::new("env")
        .args(env)
        .args([
            BINARY,
            "audit",
            SERVICE,
            "--plan",
            "plan.yaml",
            "--quiet",
            "--jobs",
            "1",
            "--report",
            "json=report.json",
        ])
        .args(["--", "bash", "client.sh"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let sleeping = wait_for(&folder.path().join("sleeping"));
    let kill = format!("kill -{signal} {}", audit.id());
    assert!(Command::new("bash").args(["-c", &kill]).status().expect("bash runs").success());
    let status = audit.wait().expect("a child can be waited for");
    assert_eq!(status.code(), Some(130));
    assert!(!is_alive(sleeping.trim()), "the client is still there");
    let text = std::fs::read_to_string(folder.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["ended"]["state"], "interrupted");
    assert_eq!(report["runs"][0]["trial"], "baseline");
}

/// Waits until a file has a line.
#[track_caller]
fn wait_for(file: &Path) -> String {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("{} is not written", file.display());
}

#[test]
fn a_client_finds_its_world_in_its_environment_under_the_names_it_knows() {
    let folder = folder("call GET /parcels; env > \"seen.$STANDIN_TRIAL\"");
    let options = ["--trial", "once", "--env", "API_URL={base_url}/", "--env", "PLAIN={{x}}", "--env", "KEY=k-{token}"];
    let done = audit(&folder, &options);
    assert_eq!(done.code, Some(0), "{done:?}");
    let seen = std::fs::read_to_string(folder.path().join("seen.once")).expect("the client ran");
    let value = |name: &str| {
        let line = seen.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("{name} is not set")).to_owned()
    };
    let origin = value("STANDIN_ORIGIN");
    let server = origin.strip_suffix("/~once").expect("a world of its own");
    assert!(server.starts_with("http://127.0.0.1:"), "{server}");
    assert_eq!(value("STANDIN_BASE_URL"), format!("{origin}/v1"));
    assert_eq!(value("API_URL"), format!("{origin}/v1/"));
    assert_eq!(value("STANDIN_CONTROL_URL"), format!("{origin}/_standin"));
    assert_eq!((value("STANDIN_WORLD"), value("STANDIN_TRIAL")), ("once".to_owned(), "once".to_owned()));
    assert_eq!(value("STANDIN_CREDENTIAL"), format!("Bearer {}", value("STANDIN_TOKEN")));
    assert_eq!(value("KEY"), format!("k-{}", value("STANDIN_TOKEN")));
    assert_eq!(value("PLAIN"), "{x}");
}

/// What is wrong with arguments or files is said before anything is run.
#[track_caller]
fn refused(options: &[&str], plan: &str, complaint: &str) {
    let folder = folder("touch ran");
    folder.write("plan.yaml", plan);
    audit(&folder, options).is_refusal(complaint);
    assert!(!folder.path().join("ran").exists());
}

#[test]
fn a_mistake_in_an_argument_is_told_with_the_nearest_word() {
    refused(&["--trial", "onec"], PLAN, "error: --trial onec: the plan has no such trial; did you mean \"once\"?\n");
    refused(
        &["--trial", "x"],
        PLAN,
        "error: --trial x: the plan has no such trial; its trials are: once, twice, pages\n",
    );
    refused(
        &["--env", "A={base-url}"],
        PLAN,
        "error: --env A={base-url}: {base-url} is unknown; did you mean {base_url}?\n",
    );
    refused(&["--env", "A"], PLAN, "error: --env A: say NAME=TEMPLATE, as in API_URL={base_url}\n");
    refused(
        &["--report", "jsn=a"],
        PLAN,
        "error: --report jsn=a: unknown report format `jsn`; did you mean `json`? the formats are text, junit, json, html\n",
    );
    refused(
        &["--min-grade", "G"],
        PLAN,
        "error: invalid value 'G' for '--min-grade <A..F>': \"G\" is no grade; the grades are A (best), B, C, D, E and F\n\n\
         For more information, try '--help'.\n",
    );
}

#[test]
fn a_mistake_in_a_plan_is_shown_where_it_stands() {
    refused(
        &[],
        "trials:\n  - { name: a, faults: [{ kind: clsoe }] }\n",
        "\
error: there is no kind of fault \"clsoe\"
 --> plan.yaml:2:33
  |
2 |   - { name: a, faults: [{ kind: clsoe }] }
  |                                 ^^^^^
  |
  = note: at /trials/0/faults/0/kind
  = help: did you mean \"close\"?
",
    );
}

#[test]
fn a_fault_that_this_api_cannot_have_is_a_mistake_in_a_named_plan() {
    let folder = folder("touch ran");
    folder.write("plan.yaml", "trials:\n  - { name: a, faults: [{ kind: close, operation: listParcel }] }\n");
    let done = audit(&folder, &[]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("plan.yaml:2:") && done.stderr.contains("\"listParcels\""), "{}", done.stderr);
}

#[test]
fn a_plan_is_linted_by_itself_and_for_an_api() {
    let folder = folder("");
    let lint = |options: &[&str]| run_in(folder.path(), &[&["lint", "plan.yaml"], options].concat());
    let good = Done { code: Some(0), stdout: "plan.yaml: ok, 3 trials\n".to_owned(), stderr: String::new() };
    assert_eq!((&lint(&[]), &lint(&["--for", SERVICE])), (&good, &good));
    folder.write("plan.yaml", "trials:\n  - { name: a, faults: [{ kind: close, operation: listParcel }] }\n");
    assert_eq!(lint(&[]).stdout, "plan.yaml: ok, 1 trials\n", "which operations there are, a document alone says");
    let done = lint(&["--for", SERVICE]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("plan.yaml:2:") && done.stderr.contains("\"listParcels\""), "{}", done.stderr);
    folder.write("plan.yaml", "trials:\n  - { name: a, faults: [] }\n");
    let done = lint(&[]);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.starts_with("error: the trial has no faults\n --> plan.yaml:2:"), "{}", done.stderr);
}

#[test]
fn a_plan_for_any_api_names_methods_that_this_one_may_lack() {
    let folder = folder("call GET /parcels; [ \"$status\" = 200 ]");
    let plan =
        |methods: &str| format!("trials:\n  - {{ name: a, faults: [{{ kind: close, method: [{methods}] }}] }}\n");
    folder.write("plan.yaml", &plan("GET, HEAD, PATCH"));
    assert_eq!(audit(&folder, &[]).code, Some(0));
    folder.write("plan.yaml", &plan("GET, GTE"));
    let done = audit(&folder, &[]);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("\"GTE\""), "{}", done.stderr);
}

#[test]
fn the_plan_that_ships_fits_an_api_and_says_what_it_leaves_out() {
    let folder = folder("call GET /parcels; [ \"$status\" = 200 ]");
    let options =
        ["--quiet", "--report", "json=-", "--trial", "read-503", "--trial", "done-close", "--trial", "batch-items"];
    let done = run_in(folder.path(), &[&["audit", SERVICE], &options[..], &["--", "bash", "client.sh"]].concat());
    let report: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    let skipped: Vec<Value> =
        report["trials"].as_array().unwrap().iter().map(|trial| json!([trial["name"], trial["skipped"]])).collect();
    assert_eq!(
        skipped,
        [
            json!(["baseline", null]),
            json!(["read-503", null]),
            json!(["done-close", "the baseline made no call that changes anything"]),
            json!(["batch-items", "no operation is a batch, so no item could fail"]),
        ]
    );
}

#[test]
fn a_plan_that_is_not_there_is_told() {
    let done = run(&["audit", SERVICE, "--plan", "no/such.yaml", "--", "true"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.starts_with("error: the file cannot be read: "), "{}", done.stderr);
}

#[test]
fn a_session_is_watched_and_judged_at_any_time_and_at_its_end() {
    let server = Server::start(&[SERVICE, "--audit", "--report", "json=-"]);
    let none = server.control("GET", "audit", None);
    assert_eq!(none["ended"]["state"], "unjudged");
    server.control("POST", "faults", Some(json!({"kind": "status", "status": 503, "times": 1})));
    for status in [503, 200] {
        assert_eq!(server.call("GET", "/v1/parcels", None).status, status);
    }
    let so_far = server.control("GET", "audit", None);
    assert_eq!(so_far["ended"]["state"], "finished", "{so_far:#}");
    assert_eq!(so_far["runs"][0]["trial"], "session");
    let attempts: Vec<&Value> =
        so_far["runs"][0]["calls"].as_array().unwrap().iter().map(|call| &call["attempts"]).collect();
    assert_eq!(attempts.len(), 1, "two attempts of one call: {so_far:#}");
    assert_eq!(server.call("GET", "/~other/v1/parcels", None).status, 200);
    let done = server.stop("INT");
    assert_eq!(done.code, Some(0));
    let (_, text) = done.stdout.split_once('\n').expect("the ready line");
    let report: Value = serde_json::from_str(text).expect("JSON");
    let worlds: Vec<usize> =
        report["runs"].as_array().unwrap().iter().map(|run| run["exchanges"].as_array().unwrap().len()).collect();
    assert_eq!(worlds, [2, 1], "a run for each world");
}

#[test]
fn a_session_is_told_though_its_state_cannot_be_saved() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("kept")).expect("a folder");
    let server = Server::start_in(folder.path(), &[SERVICE, "--audit", "--state", "kept/world.json"]);
    server.control("POST", "faults", Some(json!({"kind": "status", "status": 503, "times": 1})));
    for status in [503, 200] {
        server.call("GET", "/v1/parcels", None).expect(status);
    }
    std::fs::remove_dir_all(folder.path().join("kept")).expect("it is ours");
    let done = server.stop("TERM");
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stdout.contains("\ngrade ") && done.stderr.contains("kept/world.json"), "{done:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_is_filled_as_wide_as_it_is() {
    // `script` gives the command a terminal.
    let folder = folder("call GET /parcels; [ \"$status\" = 200 ]");
    let widest = |columns: usize| {
        let command = format!(
            "stty rows 40 cols {columns}; '{BINARY}' audit '{SERVICE}' --plan plan.yaml --trial once --quiet -- bash client.sh"
        );
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
        let output = script.env("NO_COLOR", "1").output().expect("`script` runs; it comes with util-linux");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains("grade"), "{text}");
        text.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or_default()
    };
    let (narrow, wide) = (widest(60), widest(160));
    assert!((50..=60).contains(&narrow) && (101..=160).contains(&wide), "{narrow} and {wide}");
}

#[test]
fn a_session_without_a_call_is_no_pass() {
    let done = Server::start(&[SERVICE, "--audit"]).stop("TERM");
    assert_eq!(done.code, Some(1), "{done:?}");
}

#[test]
fn without_an_audit_there_is_no_verdict() {
    let server = Server::start(&[SERVICE]);
    let answer = server.send("GET", "/_standin/audit", &[], None);
    assert_eq!(answer.status, 409, "{}", answer.bytes);
    assert!(answer.bytes.contains("standin serve --audit"), "{}", answer.bytes);
    let done = run(&["serve", SERVICE, "--min-grade", "B"]);
    let message = "error: --report and --min-grade are about an audit; add --audit\n";
    assert_eq!((done.code, done.stderr.as_str()), (Some(2), message));
}
