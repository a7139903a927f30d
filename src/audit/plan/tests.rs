use std::time::Duration;

use http::Method;

use super::*;
use crate::audit::fixture::{call, delivery, get, knowledge, post, run};
use crate::audit::observe::Run;
use crate::contract::diagnostic;

const DEFAULT: &str = include_str!("../../../spec/default.audit.yaml");

#[test]
fn a_plan_is_read_with_all_that_a_trial_may_say() {
    let text = "\
trials:
  - name: outage
    title: everything is down for a second
    faults: [{ kind: status, status: 503, until: 1s }, { kind: latency, ms: 5 }]
    runs: 3
    together: 4
    needs: [read, keyedWrite]
    timeout: 90s
  - { name: closed, faults: [{ kind: close }] }
";
    let plan = read("plan.yaml", text).unwrap();
    let [outage, closed] = &plan.trials[..] else { panic!("two trials") };
    assert_eq!((outage.name.as_str(), outage.title.as_str()), ("outage", "everything is down for a second"));
    assert_eq!((outage.runs, outage.together, outage.timeout), (3, 4, Some(Duration::from_secs(90))));
    assert_eq!(outage.needs, [Need::Read, Need::KeyedWrite]);
    let places: Vec<(&str, &str)> =
        outage.faults.iter().map(|planned| (planned.pointer.as_str(), planned.fault.kind.word())).collect();
    assert_eq!(places, [("/trials/0/faults/0", "status"), ("/trials/0/faults/1", "latency")]);
    assert_eq!((closed.title.as_str(), closed.runs, closed.together, closed.timeout), ("closed", 1, 1, None));
    assert_eq!(closed.needs, []);
    let json = r#"{"trials": [{"name": "closed", "faults": [{"kind": "close"}]}]}"#;
    assert_eq!(read("plan.json", json).unwrap().trials[0].name, "closed");
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let errors = read("plan.yaml", text).unwrap_err();
    let found = diagnostic::render(&errors, &|_| Some(text.to_owned()), false);
    assert_eq!(found, expected, "\n{found}");
}

#[test]
fn an_unknown_word_is_told_with_its_place_and_the_nearest() {
    refused(
        "trials:\n  - { name: a, fautls: [{ kind: close }] }\n",
        "\
error: unknown field `fautls`, expected one of `name`, `title`, `faults`, `runs`, `together`, `needs`, `timeout`
 --> plan.yaml:2:16
  |
2 |   - { name: a, fautls: [{ kind: close }] }
  |                ^^^^^^
  |
  = note: at /trials/0/fautls
  = help: did you mean \"faults\"?
",
    );
    refused(
        "trials:\n  - { name: a, needs: [reed], faults: [{ kind: close }] }\n",
        "\
error: unknown variant `reed`, expected one of `read`, `write`, `create`, `keyedWrite`, `page`, `batch`, `webhook`, `credential`, `login`
 --> plan.yaml:2:24
  |
2 |   - { name: a, needs: [reed], faults: [{ kind: close }] }
  |                        ^^^^
  |
  = note: at /trials/0/needs/0
  = help: did you mean \"read\"?
",
    );
    refused(
        "trails: []\n",
        "\
error: a plan has no \"trails\"
 --> plan.yaml:1:1
  |
1 | trails: []
  | ^^^^^^
  |
  = note: at /trails
  = help: did you mean \"trials\"?
",
    );
}

#[test]
fn a_wrong_fault_is_told_where_it_stands() {
    refused(
        "trials:\n  - name: a\n    faults:\n      - kind: clsoe\n      - { kind: close, nth: 1, times: 2 }\n",
        "\
error: there is no kind of fault \"clsoe\"
 --> plan.yaml:4:15
  |
4 |       - kind: clsoe
  |               ^^^^^
  |
  = note: at /trials/0/faults/0/kind
  = help: did you mean \"close\"?

error: nth is one call alone: leave out after, every, times and probability
 --> plan.yaml:5:9
  |
5 |       - { kind: close, nth: 1, times: 2 }
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at /trials/0/faults/1
",
    );
}

#[test]
fn every_mistake_of_a_plan_is_told_at_once() {
    let text = "\
trials:
  - { name: baseline, faults: [] }
  - { name: 'a b', runs: 0, together: 101, timeout: soon, faults: [{ kind: close }] }
  - { name: twice, faults: [{ kind: close }] }
  - { name: twice, timeout: 0s, faults: [{ kind: close }] }
  - { name: twice, faults: [{ kind: close }] }
  - close
";
    let errors = read("plan.yaml", text).unwrap_err();
    let told: Vec<String> = errors.iter().map(|error| format!("{} {}", error.pointer, error.message)).collect();
    assert_eq!(
        told,
        [
            "/trials/0/name the name \"baseline\" is taken: a run without faults goes before every plan by itself",
            "/trials/0/faults the trial has no faults",
            "/trials/1/name \"a b\" is no name: write 1 to 40 letters, digits, - and _",
            "/trials/1/runs runs is 0, but must be from 1 to 100",
            "/trials/1/together together is 101, but must be from 1 to 100",
            "/trials/1/timeout \"soon\" is no duration: write 10s or PT10S",
            "/trials/3/timeout \"0s\" is no time for a run: write more than 0s, and at most 3600s",
            "/trials/4/name there is another trial \"twice\"",
            "/trials/5 a trial is an object, not text",
        ]
    );
}

#[test]
fn what_is_no_plan_is_told_what_one_looks_like() {
    let shape = "write trials: [ { name: unavailable, faults: [ { kind: status, status: 503, times: 1 } ] } ]";
    for (text, message) in [
        ("", "a plan is an object, not null"),
        ("[]", "a plan is an object, not a list"),
        ("{}", "a plan has the word trials"),
        ("trials: []", "the list is empty"),
        ("trials: 1", "trials is a list, not a number"),
    ] {
        let errors = read("plan.yaml", text).unwrap_err();
        assert_eq!(errors.len(), 1, "{text}");
        assert_eq!((errors[0].message.as_str(), errors[0].hint.as_deref()), (message, Some(shape)), "{text}");
    }
    let many = format!("trials: [{}]", "1,".repeat(TRIALS_MAX + 1));
    assert_eq!(read("plan.yaml", &many).unwrap_err()[0].message, "a plan has at most 1000 trials, not 1001");
    assert!(read("plan.yaml", "trials: [").is_err());
}

const NEEDS: [(&str, Need); 9] = [
    ("read", Need::Read),
    ("write", Need::Write),
    ("create", Need::Create),
    ("keyedWrite", Need::KeyedWrite),
    ("page", Need::Page),
    ("batch", Need::Batch),
    ("webhook", Need::Webhook),
    ("credential", Need::Credential),
    ("login", Need::Login),
];

#[track_caller]
fn meets(baseline: Run, expected: &[&str]) {
    let met = NEEDS.iter().filter(|(_, need)| need.is_met(knowledge(), &baseline)).map(|(word, _)| *word);
    assert_eq!(met.collect::<Vec<_>>(), expected);
}

#[test]
fn needs_are_met_by_what_the_baseline_did() {
    let body = r#"{"text": "a"}"#;
    meets(run(BASELINE), &[]);
    meets(run(BASELINE).saw(get("/nowhere").status(404)), &[]);
    meets(run(BASELINE).saw(get("/posts")), &["read"]);
    meets(run(BASELINE).saw(get("/posts").bearer("t")), &["read", "credential"]);
    meets(run(BASELINE).saw(get("/posts?auth=t")), &["read", "credential"]);
    meets(run(BASELINE).saw(get("/posts").header("x-auth-token", "t")), &["read", "credential"]);
    meets(run(BASELINE).saw(post("/messages", body)), &["write"]);
    meets(run(BASELINE).saw(call(Method::DELETE, "/posts/post_1", "")), &["write"]);
    meets(run(BASELINE).saw(post("/posts", body).made("post", "post_1")), &["write", "create"]);
    meets(run(BASELINE).saw(post("/posts", body).key("k")), &["write", "keyedWrite"]);
    meets(run(BASELINE).saw(post("/posts/batch", r#"{"posts": []}"#)), &["write", "batch"]);
    meets(run(BASELINE).delivered(delivery("post.made", "event_1", 0)), &["webhook"]);
}

#[test]
fn a_page_is_a_list_read_on() {
    meets(run(BASELINE).saw(get("/posts")).saw(get("/posts?cursor=b")), &["read", "page"]);
    meets(run(BASELINE).saw(get("/posts?cursor=b")).saw(get("/posts?cursor=b")), &["read"]);
    // Two filters of one list are two lists.
    meets(run(BASELINE).saw(get("/posts?limit=1")).saw(get("/posts?limit=2")), &["read"]);
    meets(run(BASELINE).saw(get("/posts?limit=1")).saw(get("/posts?cursor=b&limit=1")), &["read", "page"]);
    meets(run(BASELINE).saw(get("/posts/post_1?a=1")).saw(get("/posts/post_1?a=2")), &["read"]);
}

#[test]
fn a_login_gives_the_credential_of_later_calls() {
    let login = || call(Method::POST, "/token", "grant_type=client_credentials").reply(r#"{"access_token": "t1"}"#);
    meets(run(BASELINE).saw(login()).saw(get("/posts").bearer("t1")), &["read", "write", "credential", "login"]);
    meets(run(BASELINE).saw(login()).saw(get("/posts").bearer("t2")), &["read", "write", "credential"]);
    meets(run(BASELINE).saw(get("/posts").bearer("t1")).saw(login()), &["read", "write", "credential"]);
}

#[test]
fn the_default_plan_says_what_each_trial_is_and_what_it_needs() {
    let plan = read("default.audit.yaml", DEFAULT).unwrap();
    assert!(plan.trials.len() >= 40, "{}", plan.trials.len());
    for trial in &plan.trials {
        assert_ne!(trial.title, trial.name, "{}: a title says what goes wrong", trial.name);
        for planned in &trial.faults {
            let address = &planned.fault.address;
            assert!(address.operation.is_empty() && address.tag.is_empty(), "{}: it must fit any API", trial.name);
            // Time is not to be wasted on faults that cannot strike.
            assert!(address.method.is_empty() || narrowed_twice(trial) || !trial.needs.is_empty(), "{}", trial.name);
        }
    }
}

/// Has it faults for reads and for writes? Then any client will do.
fn narrowed_twice(trial: &PlannedTrial) -> bool {
    let for_method = |method: &str| {
        trial.faults.iter().any(|planned| planned.fault.address.method.0.iter().any(|one| one == method))
    };
    for_method("GET") && for_method("POST")
}

/// What can go wrong is tried: no kind of fault is left out but those of which a client sees nothing that it could get wrong.
#[test]
fn the_default_plan_tries_every_kind_that_a_client_can_get_wrong() {
    use crate::world::fault::Kind;
    let plan = read("default.audit.yaml", DEFAULT).unwrap();
    let tried: Vec<&str> =
        plan.trials.iter().flat_map(|trial| trial.faults.iter().map(|planned| planned.fault.kind.word())).collect();
    let missing: Vec<&str> = Kind::WORDS.iter().copied().filter(|word| !tried.contains(word)).collect();
    assert_eq!(missing, ["double"]);
}
