//! Results made by hand, with everything that can be in them.
#![allow(dead_code)]

use std::sync::Arc;

use standin::scenario::code::Code;
use standin::scenario::coverage::{Dimension, Item};
use standin::scenario::finding::{Finding, Severity, Site};
use standin::scenario::results::{
    ApiCoverage, Message, Position, Positions, Results, SnapshotState, Status, StepResult, WorkflowResult,
};

pub const LOANS: &str = "scenarios/library/loans.arazzo.yaml";
pub const BOOKS: &str = "scenarios/library/bücher.arazzo.yaml";
pub const DOCUMENT: &str = "spec/library/openapi.yaml";

/// Every place is found, at a line made of its pointer, but for those whose pointer has `gone` in it.
pub struct Places;

impl Positions for Places {
    fn find(&self, file: &str, pointer: &str) -> Option<Position> {
        if pointer.contains("gone") {
            return None;
        }
        let column = 1 + 2 * pointer.matches('/').count();
        let line = file.chars().count() + 3 * pointer.chars().count();
        Some(Position { line, column, end_column: column + 6 })
    }
}

pub fn site(file: &str, pointer: &str) -> Site {
    Site::new(&Arc::from(file), pointer)
}

/// No workflow ran.
pub fn empty() -> Results {
    Results {
        tool: "standin 0.1.0".into(),
        target: "fake".into(),
        workflows: Vec::new(),
        coverage: Vec::new(),
        findings: Vec::new(),
        duration_ms: 3,
        strict: false,
    }
}

/// All is well.
pub fn green() -> Results {
    Results {
        workflows: vec![passed()],
        coverage: vec![ApiCoverage { name: "library".into(), file: DOCUMENT.into(), items: items() }],
        duration_ms: 41,
        ..empty()
    }
}

/// One of everything.
pub fn rich() -> Results {
    let mut unreferenced = Finding::new(
        Code::SnapshotUnreferenced,
        site("snapshots/library/old.snap", ""),
        "no workflow takes this snapshot",
    );
    unreferenced.severity = Severity::Warning;
    let mut low =
        Finding::new(Code::CoverageLow, site(DOCUMENT, ""), "coverage of statuses of `library` is 50.0%, below 80%")
            .compared("80%", "50.0%")
            .hint("add steps that bring about the statuses that are missing, or lower `--min-coverage`");
    low.severity = Severity::Error;
    Results {
        tool: "standin 0.1.0".into(),
        target: "https://staging.example.com".into(),
        workflows: vec![passed(), failed(), changed(), unreachable(), skipped(), doubtful()],
        coverage: vec![ApiCoverage { name: "library".into(), file: DOCUMENT.into(), items: items() }],
        findings: vec![unreferenced, low],
        duration_ms: 2_345,
        strict: false,
    }
}

fn workflow(file: &str, index: usize, id: &str, summary: &str, status: Status) -> WorkflowResult {
    WorkflowResult {
        file: file.into(),
        pointer: format!("/workflows/{index}"),
        line: 12 + 30 * index,
        id: id.into(),
        summary: summary.into(),
        status,
        reason: None,
        duration_ms: 34,
        steps: Vec::new(),
        findings: Vec::new(),
        snapshot: SnapshotState::Off,
        snapshot_file: None,
        diff: None,
    }
}

pub fn step(id: &str, operation: &str, request: &str, reply: &str) -> StepResult {
    StepResult {
        id: id.into(),
        description: String::new(),
        workflow: None,
        depth: 0,
        attempt: 1,
        passed: true,
        retried: false,
        skipped: None,
        operation: Some(operation.into()),
        request: Some(Message {
            line: request.into(),
            headers: vec![("accept".into(), "application/json".into()), ("authorization".into(), "Bearer ***".into())],
            body: String::new(),
        }),
        reply: Some(Message {
            line: reply.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: "{\n  \"data\": {\n    \"id\": \"book_1\",\n    \"title\": \"Größe & Maß <1>\"\n  }\n}".into(),
        }),
        duration_ms: 1.25,
        causes: Vec::new(),
        curl: None,
    }
}

fn passed() -> WorkflowResult {
    let mut passed = workflow(BOOKS, 0, "katalog-日本", "Put a book on the shelf and find it", Status::Passed);
    passed.steps = vec![
        step("create", "createBook", "POST https://staging.example.com/v1/books", "201 Created"),
        step("find", "listBooks", "GET https://staging.example.com/v1/books?title=Gr%C3%B6%C3%9Fe", "200 OK"),
    ];
    passed.snapshot = SnapshotState::Same;
    passed.snapshot_file = Some("snapshots/library/katalog-日本.snap".into());
    passed
}

/// Two findings about one exchange, a step that was tried twice, a called workflow, a step left out.
fn failed() -> WorkflowResult {
    let mut failed = workflow(LOANS, 0, "lend-a-book", "Lend a book, and get it back `in time`", Status::Failed);
    let mut first = step("lend", "createLoan", "POST https://staging.example.com/v1/loans", "503 Service Unavailable");
    first.passed = false;
    let mut lend = step("lend", "createLoan", "POST https://staging.example.com/v1/loans", "418 I'm a teapot");
    lend.attempt = 2;
    lend.passed = false;
    lend.description = "The reader takes the book home.".into();
    if let Some(request) = &mut lend.request {
        request.headers.push(("content-type".into(), "application/json".into()));
        request.body = "{\n  \"book\": \"book_1\",\n  \"reader\": \"reader_7\"\n}".into();
    }
    if let Some(reply) = &mut lend.reply {
        reply.body =
            format!("{{\n{}\n}}", (1..=24).map(|n| format!("  \"line{n}\": {n}")).collect::<Vec<_>>().join(",\n"));
    }
    lend.causes = vec![
        "operation `createLoan` of `/v1/loans`".into(),
        "guard `book_is_free` failed: book `book_1` is lent to `reader_3`".into(),
        "error `teapot` of the overlay `broken.yaml`".into(),
    ];
    lend.curl = Some(
        "curl -sS -X POST 'https://staging.example.com/v1/loans' \\\n  -H \"Authorization: Bearer $LIBRARY_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"book\":\"book_1\",\"reader\":\"reader_7\"}'"
            .into(),
    );
    let mut called = step("stamp", "stampCard", "PUT https://staging.example.com/v1/cards/7", "204 No Content");
    called.depth = 1;
    called.workflow = Some("stamp-the-card".into());
    called.reply = Some(Message { line: "204 No Content".into(), headers: vec![], body: String::new() });
    let mut left_out = step("later", "advanceClock", "", "");
    left_out.request = None;
    left_out.reply = None;
    left_out.skipped = Some("the target is a deployment: its clock cannot be moved".into());
    failed.steps = vec![first, lend, called, left_out];

    let mut status = Finding::new(
        Code::StatusUndeclared,
        site(LOANS, "/workflows/0/steps/0"),
        "step `lend`: `createLoan` answered 418, a status that the document does not declare for it",
    )
    .document(site(DOCUMENT, "/paths/~1v1~1loans/post/responses"))
    .compared("201, 409 or 422", "418")
    .hint("declare 418 below `responses`, or mend the service");
    status.visit = Some(1);
    let mut criterion = Finding::new(
        Code::CriterionFailed,
        site(LOANS, "/workflows/0/steps/0/successCriteria/0"),
        "step `lend`: `$statusCode == 201` is false",
    )
    .compared("201", "418");
    criterion.visit = Some(1);
    let mut note = Finding::new(
        Code::ParameterUndeclared,
        site(LOANS, "/workflows/0/steps/0/parameters/1"),
        "step `lend`: `createLoan` declares no header `X-Trace`",
    );
    note.visit = Some(1);
    let mut skipped = Finding::new(
        Code::ControlSkipped,
        site(LOANS, "/workflows/0/steps/1"),
        "step `later` was left out: the target is a deployment",
    );
    skipped.visit = Some(3);
    failed.findings = vec![status, criterion, note, skipped];
    failed.duration_ms = 1_240;
    failed
}

fn changed() -> WorkflowResult {
    let mut changed = workflow(LOANS, 1, "return-a-book", "Bring a book back", Status::Failed);
    changed.steps = vec![step("return", "returnLoan", "POST https://staging.example.com/v1/loans/1/return", "200 OK")];
    changed.snapshot = SnapshotState::Changed;
    changed.snapshot_file = Some("snapshots/library/return-a-book.snap".into());
    changed.diff = Some(
        "@@ returnLoan @@\n POST /v1/loans/<loan:1>/return\n 200 OK\n {\n-  \"state\": \"returned\",\n+  \"state\": \"zurückgegeben\",\n   \"returnedAt\": \"<instant:1>\"\n }\n"
            .into(),
    );
    let mut finding = Finding::new(
        Code::SnapshotChanged,
        site(LOANS, "/workflows/1"),
        "the snapshot of `return-a-book` differs in step `return`",
    )
    .compared("\"state\": \"returned\",", "\"state\": \"zurückgegeben\",")
    .hint("look at the difference; `standin review` accepts or rejects it");
    finding.visit = Some(0);
    changed.findings = vec![finding];
    changed
}

fn unreachable() -> WorkflowResult {
    let mut unreachable = workflow(LOANS, 2, "reserve-a-book", "", Status::Unreachable);
    let mut reserve = step("reserve", "createReservation", "POST https://staging.example.com/v1/reservations", "");
    reserve.reply = None;
    reserve.passed = false;
    reserve.curl = Some("curl -sS -X POST 'https://staging.example.com/v1/reservations'".into());
    unreachable.steps = vec![reserve];
    let mut finding = Finding::new(
        Code::Unreachable,
        site(LOANS, "/workflows/2/steps/0/gone"),
        "step `reserve`: nothing answers at staging.example.com:443: connection refused",
    )
    .hint("start the service, or name another with `--against`");
    finding.visit = Some(0);
    unreachable.findings = vec![finding];
    unreachable.duration_ms = 12;
    unreachable
}

fn skipped() -> WorkflowResult {
    let mut skipped = workflow(LOANS, 3, "cancel-a-reservation", "Cancel what was reserved", Status::Skipped);
    skipped.reason = Some("`reserve-a-book`, on which it depends, failed".into());
    skipped.duration_ms = 0;
    skipped
}

/// Passed, with a warning.
fn doubtful() -> WorkflowResult {
    let mut doubtful = workflow(BOOKS, 1, "delete-a-book", "", Status::Passed);
    doubtful.steps =
        vec![step("delete", "deleteBook", "DELETE https://staging.example.com/v1/books/1", "400 Bad Request")];
    let mut finding = Finding::new(
        Code::RequestValidRefused,
        site(BOOKS, "/workflows/1/steps/0"),
        "step `delete`: `deleteBook` refused with 400 a request that fits the document",
    )
    .document(site(DOCUMENT, "/paths/~1v1~1books~1{id}/delete"));
    finding.severity = Severity::Warning;
    finding.visit = Some(0);
    doubtful.findings = vec![finding];
    doubtful.snapshot = SnapshotState::New;
    doubtful
}

fn items() -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |dimension, operation: &str, name: &str, seen| {
        let pointer = format!("/paths/{operation}/{name}");
        items.push(Item { dimension, operation: operation.into(), name: name.into(), seen, pointer });
    };
    let operations = [
        ("listBooks", &[("200", 4), ("400", 0), ("401", 1)][..]),
        ("createBook", &[("201", 3), ("401", 0), ("422", 2)]),
        ("deleteBook", &[("204", 0), ("404", 1), ("default", 0)]),
        ("createLoan", &[("201", 0), ("409", 0), ("422", 0), ("4XX", 2)]),
        ("exportCatalogue", &[("200", 0), ("202", 0)]),
    ];
    for (operation, statuses) in operations {
        add(Dimension::Operation, operation, operation, statuses.iter().map(|(_, seen)| seen).sum());
        for (status, seen) in statuses {
            add(Dimension::Status, operation, status, *seen);
        }
    }
    add(Dimension::MediaType, "listBooks", "application/json", 4);
    add(Dimension::MediaType, "exportCatalogue", "text/csv", 0);
    add(Dimension::Parameter, "listBooks", "query title", 2);
    add(Dimension::Parameter, "listBooks", "query per_page", 0);
    add(Dimension::Parameter, "listBooks", "query sort", 0);
    add(Dimension::ResponseProperty, "listBooks", "200 /data/items/*/title", 9);
    add(Dimension::ResponseProperty, "listBooks", "200 /data/items/*/subtitle", 0);
    add(Dimension::EnumValue, "createBook", "201 /data/state `lent`", 1);
    items
}

/// The rich example with the same markup in every text that it has.
pub fn hostile(markup: &str) -> Results {
    let mut results = rich();
    let spoil = |text: &mut String| text.push_str(markup);
    spoil(&mut results.tool);
    spoil(&mut results.target);
    for finding in &mut results.findings {
        spoil_finding(finding, markup);
    }
    for api in &mut results.coverage {
        spoil(&mut api.name);
        spoil(&mut api.file);
        for item in &mut api.items {
            spoil(&mut item.operation);
            spoil(&mut item.name);
            spoil(&mut item.pointer);
        }
    }
    for workflow in &mut results.workflows {
        for text in [&mut workflow.file, &mut workflow.pointer, &mut workflow.id, &mut workflow.summary] {
            spoil(text);
        }
        for text in [&mut workflow.reason, &mut workflow.snapshot_file, &mut workflow.diff] {
            spoil(text.get_or_insert_default());
        }
        workflow.findings.iter_mut().for_each(|finding| spoil_finding(finding, markup));
        workflow.steps.iter_mut().for_each(|step| spoil_step(step, markup));
    }
    results
}

fn spoil_finding(finding: &mut Finding, markup: &str) {
    finding.message.push_str(markup);
    for text in [&mut finding.hint, &mut finding.expected, &mut finding.found] {
        text.get_or_insert_default().push_str(markup);
    }
    finding.scenario = spoiled(&finding.scenario, markup);
    finding.document = finding.document.as_ref().map(|site| spoiled(site, markup));
}

fn spoiled(place: &Site, markup: &str) -> Site {
    site(&format!("{}{markup}", place.file), &format!("{}{markup}", place.pointer))
}

fn spoil_step(step: &mut StepResult, markup: &str) {
    step.id.push_str(markup);
    step.description.push_str(markup);
    for text in [&mut step.workflow, &mut step.operation, &mut step.curl] {
        text.get_or_insert_default().push_str(markup);
    }
    if let Some(skipped) = &mut step.skipped {
        skipped.push_str(markup);
    }
    for message in [&mut step.request, &mut step.reply].into_iter().flatten() {
        message.line.push_str(markup);
        message.headers.push((markup.to_owned(), markup.to_owned()));
        message.body.push_str(markup);
    }
    step.causes.push(markup.to_owned());
}
