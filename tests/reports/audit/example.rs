//! Audits made by hand, with everything that can be in them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::json;
use standin::audit::grade::Grade;
use standin::audit::logical::{Certainty, LogicalCall};
use standin::audit::observe::{DeliveryAttempt, End, Exchange, Exit, Performed, Run, StruckFault};
use standin::audit::rule::{Case, Evidence, Outcome, Rule, Severity, Verdict};
use standin::audit::verdict::{Audit, Ended, Judged, Output, Trial, TrialState, Unjudged};
use standin::world::fault::{Armed, Fault};

/// Verdicts are given by hand here.
fn never_asked(_: &Case<'_>) -> Verdict {
    unreachable!("these rules judge nothing")
}

const fn rule(code: &'static str, severity: Severity, title: &'static str, source: &'static str) -> Rule {
    Rule { code, severity, title, explanation: "Because.", source, judge: never_asked }
}

pub static RETRIES: Rule =
    rule("retries-unavailable", Severity::Error, "asks again after 503", "RFC 9110, section 15.6.4");
pub static BOUNDED: Rule =
    rule("bounded-attempts", Severity::Warning, "gives up after some attempts", "AWS Builders' Library, timeouts");
pub static WAITS: Rule = rule(
    "honours-retry-after",
    Severity::Error,
    "waits for as long as `Retry-After` asks, whichever form the header has",
    "RFC 9110, section 10.2.3; RFC 6585, section 4",
);
pub static JITTER: Rule = rule("jitter", Severity::Note, "waits differ from call to call", "AWS Architecture Blog");
pub static DUPLICATES: Rule = rule(
    "no-duplicates",
    Severity::Critical,
    "makes nothing twice when an answer is lost",
    "IETF draft-ietf-httpapi-idempotency-key-header, section 2",
);
pub static TIMEOUT: Rule = rule("has-timeout", Severity::Error, "gives up waiting", "Azure, retry guidance");
pub static RECEIVER: Rule =
    rule("receiver-is-quick", Severity::Warning, "answers deliveries within seconds", "Standard Webhooks");

pub fn judged(family: &'static str, rule: &'static Rule, outcome: Outcome, evidence: Vec<Evidence>) -> Judged {
    Judged { family, rule, verdict: Verdict { outcome, evidence } }
}

pub fn evidence(run: usize, exchanges: impl Into<Vec<usize>>, text: &str) -> Evidence {
    Evidence { run, exchanges: exchanges.into(), text: text.to_owned() }
}

/// A POST that was answered 201 within 4 ms.
pub fn exchange(number: u64, begun_ms: u64) -> Exchange {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer secret-token-4711"));
    Exchange {
        number,
        connection: 3,
        client: 0,
        begun: begun_ms * 1_000,
        ended: (begun_ms + 4) * 1_000,
        end: End::Replied,
        method: Method::POST,
        path: "/v1/loans".to_owned(),
        query: None,
        headers,
        body: Bytes::from_static(b"{\"book\": \"b1\"}"),
        operation: Some("createLoan".to_owned()),
        status: StatusCode::CREATED,
        reply_headers: Vec::new(),
        reply_body: Bytes::from_static(b"{\"id\": \"loan_1\"}"),
        struck: Vec::new(),
        performed: Performed::Yes,
        made: Vec::new(),
    }
}

pub fn unavailable(number: u64, begun_ms: u64, key: &'static str) -> Exchange {
    let mut one = exchange(number, begun_ms);
    one.status = StatusCode::SERVICE_UNAVAILABLE;
    one.performed = Performed::No;
    one.reply_headers = vec![(HeaderName::from_static("retry-after"), HeaderValue::from_static("2"))];
    one.struck = vec![StruckFault { kind: "status", text: "answers 503".to_owned() }];
    one.headers.insert("idempotency-key", HeaderValue::from_static(key));
    one
}

pub fn run(trial: &str, exchanges: Vec<Exchange>) -> Run {
    let took = exchanges.iter().map(|exchange| exchange.ended).max().unwrap_or(0) + 12_000;
    Run {
        trial: trial.to_owned(),
        number: 1,
        exchanges,
        deliveries: Vec::new(),
        faults: Vec::new(),
        exit: Exit::Code(0),
        took,
        exchanges_left_out: 0,
        deliveries_left_out: 0,
    }
}

pub fn call(run: usize, attempts: impl Into<Vec<usize>>, certainty: Certainty) -> LogicalCall {
    LogicalCall { run, attempts: attempts.into(), certainty, operation: Some("createLoan".to_owned()) }
}

fn trial(name: &str, title: &str, state: TrialState) -> Trial {
    Trial { name: name.to_owned(), title: title.to_owned(), state }
}

fn armed(hits: u32) -> Armed {
    let fault = json!({ "kind": "status", "status": 503, "operation": "createLoan", "times": 2 });
    Armed {
        id: 1,
        fault: Fault::read(&fault).expect("a fault"),
        armed_at: 0,
        seen: hits,
        hits,
        hit: Vec::new(),
        expired: None,
    }
}

/// The client was never judged.
pub fn unjudged(why: Unjudged) -> Audit {
    let mut baseline = run("baseline", Vec::new());
    baseline.exit = Exit::Code(1);
    Audit {
        service: "Library".to_owned(),
        command: vec!["node".to_owned(), "client.mjs".to_owned()],
        credential: None,
        seed: 7,
        grade: None,
        judged: Vec::new(),
        trials: vec![trial("baseline", "nothing goes wrong", TrialState::Ran(vec![0]))],
        runs: vec![baseline],
        outputs: vec![Output {
            stdout: String::new(),
            stderr: "Error: connect ECONNREFUSED 127.0.0.1:8080\n    at client.mjs:3\n".to_owned(),
        }],
        calls: Vec::new(),
        ended: Ended::Unjudged(why),
    }
}

/// A session in which nothing was seen.
pub fn empty() -> Audit {
    Audit {
        command: Vec::new(),
        trials: Vec::new(),
        runs: Vec::new(),
        outputs: Vec::new(),
        ..unjudged(Unjudged::NothingSeen)
    }
}

/// All is well.
pub fn green() -> Audit {
    let runs = vec![
        run("baseline", vec![exchange(1, 3)]),
        run("unavailable", vec![unavailable(1, 2, "loan-key-a"), exchange(2, 2_100)]),
    ];
    let judged = vec![
        judged("Liveness", &RETRIES, Outcome::Passed, Vec::new()),
        judged("Waiting", &WAITS, Outcome::Passed, Vec::new()),
    ];
    Audit {
        grade: Grade::of(&judged),
        judged,
        trials: vec![
            trial("baseline", "nothing goes wrong", TrialState::Ran(vec![0])),
            trial("unavailable", "503 twice", TrialState::Ran(vec![1])),
        ],
        calls: vec![call(0, [0], Certainty::Certain), call(1, [0, 1], Certainty::Certain)],
        runs,
        outputs: Vec::new(),
        ended: Ended::Finished,
        ..unjudged(Unjudged::NothingSeen)
    }
}

/// One of everything.
pub fn rich() -> Audit {
    let judged = vec![
        judged("Liveness", &RETRIES, Outcome::Passed, Vec::new()),
        judged(
            "Liveness",
            &BOUNDED,
            Outcome::Undecided("no trial lasted long enough to see it give up".into()),
            Vec::new(),
        ),
        judged(
            "Waiting",
            &WAITS,
            Outcome::Failed,
            vec![
                evidence(1, [0, 1], "came again after 496 ms where 2 s were asked for"),
                evidence(1, [3], "did so once more"),
            ],
        ),
        judged("Waiting", &JITTER, Outcome::Undecided("needs 20 waits of one kind, saw 3".into()), Vec::new()),
        judged(
            "Safety",
            &DUPLICATES,
            Outcome::Failed,
            vec![evidence(2, [0, 1], "2 loans were made of one call: `loan_1`, `loan_2`")],
        ),
        judged(
            "Safety",
            &TIMEOUT,
            Outcome::Failed,
            vec![evidence(3, [0], "waited 30 s for an answer that never came")],
        ),
        judged("Webhooks", &RECEIVER, Outcome::Failed, vec![evidence(4, [], "took 5.2 s to answer")]),
    ];
    Audit {
        command: ["node", "client.mjs", "--token", "secret-token-4711"].map(str::to_owned).to_vec(),
        grade: Grade::of(&judged),
        judged,
        trials: vec![
            trial("baseline", "nothing goes wrong", TrialState::Ran(vec![0])),
            trial("unavailable", "`createLoan` answers 503 twice", TrialState::Ran(vec![1])),
            trial("lost-reply", "done, but the answer is lost", TrialState::Ran(vec![2])),
            trial("silence", "no answer ever comes", TrialState::Ran(vec![3])),
            trial("webhooks", "deliveries fail", TrialState::Ran(vec![4])),
            trial("paging", "a page fails", TrialState::Skipped("the baseline read no list".to_owned())),
        ],
        runs: runs(),
        outputs: Vec::new(),
        calls: vec![
            call(0, [0], Certainty::Certain),
            call(1, [0, 1, 2], Certainty::Certain),
            call(1, [3, 4], Certainty::Likely),
            call(2, [0, 1], Certainty::Likely),
        ],
        ended: Ended::Interrupted,
        ..unjudged(Unjudged::NothingSeen)
    }
}

fn runs() -> Vec<Run> {
    let mut again = exchange(3, 1_516);
    again.headers.insert("idempotency-key", HeaderValue::from_static("loan-key-a"));
    let mut unavailable_run = run(
        "unavailable",
        vec![
            unavailable(1, 10, "loan-key-a"),
            unavailable(2, 510, "loan-key-a"),
            again,
            unavailable(4, 2_000, "loan-key-b"),
            unavailable(5, 2_010, "loan-key-c"),
        ],
    );
    unavailable_run.faults = vec![armed(4), armed(0)];
    unavailable_run.exit = Exit::Code(1);

    let mut lost = exchange(1, 20);
    lost.end = End::Cut;
    lost.struck = vec![StruckFault { kind: "close", text: "closes before any byte, after the effect".to_owned() }];
    lost.made = vec![("loan".to_owned(), "loan_1".to_owned())];
    let mut repeated = exchange(2, 230);
    repeated.made = vec![("loan".to_owned(), "loan_2".to_owned())];

    let mut silent = exchange(1, 1);
    silent.method = Method::GET;
    silent.operation = None;
    silent.path = "/v1/unknown".to_owned();
    silent.query = Some("api_key=secret-key-0815&page=2".to_owned());
    silent.end = End::Left;
    silent.ended = 30_001_000;
    silent.struck = vec![StruckFault { kind: "hang", text: "never answers".to_owned() }];
    let mut silence = run("silence", vec![silent]);
    silence.exit = Exit::TimedOut;

    let delivery = |begun_ms: u64, took_ms: u64, status: Option<u16>| DeliveryAttempt {
        begun: begun_ms * 1_000,
        ended: (begun_ms + took_ms) * 1_000,
        event: "loan.created".to_owned(),
        event_id: "event_1".to_owned(),
        url: "http://user:pass@127.0.0.1:9/hook?token=abc".to_owned(),
        status,
        failure: status.is_none().then(|| "no answer within 5 s".to_owned()),
        struck: Vec::new(),
    };
    let mut webhooks = run("webhooks", vec![exchange(1, 5)]);
    webhooks.number = 2;
    webhooks.exit = Exit::Signal(9);
    webhooks.deliveries = vec![delivery(10, 5_200, None), delivery(10_300, 6, Some(204))];
    vec![
        run("baseline", vec![exchange(1, 3)]),
        unavailable_run,
        run("lost-reply", vec![lost, repeated]),
        silence,
        webhooks,
    ]
}

/// The same text wherever a client can put one.
pub fn hostile(text: &str) -> Audit {
    let mut audit = rich();
    audit.service.push_str(text);
    audit.command.push(text.to_owned());
    for judged in &mut audit.judged {
        if let Outcome::Undecided(reason) = &mut judged.verdict.outcome {
            reason.push_str(text);
        }
        judged.verdict.evidence.iter_mut().for_each(|evidence| evidence.text.push_str(text));
    }
    for trial in &mut audit.trials {
        trial.name.push_str(text);
        trial.title.push_str(text);
        if let TrialState::Skipped(reason) = &mut trial.state {
            reason.push_str(text);
        }
    }
    for run in &mut audit.runs {
        run.trial.push_str(text);
        for exchange in &mut run.exchanges {
            exchange.path.push_str(text);
            exchange.query = Some(text.to_owned());
            exchange.operation = exchange.operation.take().map(|operation| operation + text);
            exchange.struck.iter_mut().for_each(|struck| struck.text.push_str(text));
            exchange.made.push((text.to_owned(), text.to_owned()));
        }
        for delivery in &mut run.deliveries {
            delivery.event.push_str(text);
            delivery.event_id.push_str(text);
            delivery.url.push_str(text);
            delivery.failure = Some(text.to_owned());
        }
    }
    audit.calls.iter_mut().for_each(|call| call.operation = Some(format!("createLoan{text}")));
    audit.outputs = vec![Output { stdout: text.to_owned(), stderr: text.to_owned() }; audit.runs.len()];
    audit
}

/// A client that goes on and on: one call with most attempts, and many calls beside it.
pub fn crowded() -> Audit {
    const ATTEMPTS: usize = 300;
    const OTHERS: usize = 40;
    let exchanges = (0..ATTEMPTS + OTHERS).map(|at| unavailable(at as u64 + 1, at as u64 * 20, "loan-key-a")).collect();
    let mut long = run("unavailable", exchanges);
    long.exit = Exit::Flooded;
    let others: Vec<usize> = (ATTEMPTS..ATTEMPTS + OTHERS).collect();
    let judged = vec![
        judged(
            "Liveness",
            &BOUNDED,
            Outcome::Failed,
            vec![evidence(0, (0..ATTEMPTS).collect::<Vec<_>>(), "300 attempts of one call")],
        ),
        judged("Waiting", &WAITS, Outcome::Failed, vec![evidence(0, others.clone(), "40 calls did not wait")]),
    ];
    let mut calls = vec![call(0, (0..ATTEMPTS).collect::<Vec<_>>(), Certainty::Certain)];
    calls.extend(others.iter().map(|at| call(0, [*at], Certainty::Certain)));
    Audit {
        grade: Grade::of(&judged),
        judged,
        trials: vec![trial("unavailable", "always 503", TrialState::Ran(vec![0]))],
        runs: vec![long],
        outputs: Vec::new(),
        calls,
        ended: Ended::OutOfTime,
        ..unjudged(Unjudged::NothingSeen)
    }
}
