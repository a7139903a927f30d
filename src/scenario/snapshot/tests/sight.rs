//! What a record looks like when all is well.

use serde_json::{Value, json};

use super::scene::{Act, Scene, act};
use crate::scenario::model::{InputFrom, ParameterPlace};
use crate::scenario::run::FailureKind;

#[track_caller]
fn check(acts: Vec<Act>, text: &str) {
    let rendered = Scene::new(acts).render();
    assert_eq!(rendered.findings, [], "no findings");
    assert_eq!(rendered.text, text);
}

/// The same story on a target of its own: other ids, clock, host, base path.
struct Target {
    origin: &'static str,
    base: &'static str,
    folder: &'static str,
    note: &'static str,
    uuid: &'static str,
    instant: &'static str,
    unix: i64,
    request: &'static str,
    avatar: &'static str,
}

const FAKE: Target = Target {
    origin: "http://127.0.0.1:4010",
    base: "/v1",
    folder: "folder_1a",
    note: "note_22",
    uuid: "0b0e1a52-9d6f-4c6e-8f3a-2f5a7b1c9d3e",
    instant: "2026-01-01T00:00:00Z",
    unix: 1_767_225_600_000,
    request: "req_1",
    avatar: "http://127.0.0.1:4010/_standin/bytes/1",
};
const DEPLOYED: Target = Target {
    origin: "https://staging.example.com",
    base: "/api/v1",
    folder: "9f0c",
    note: "8d1b7700-1111-4c6e-8f3a-2f5a7b1c9d3e",
    uuid: "ffffffff-9d6f-4c6e-8f3a-2f5a7b1c9d3e",
    instant: "2026-11-21T22:36:25.123+01:00",
    unix: 1_795_225_600_123,
    request: "b7ad6b7169203331",
    avatar: "https://cdn.example.com/a/9f0c.png",
};

fn story(target: &Target) -> Scene {
    let Target { base, origin, folder, note, .. } = target;
    let body = |state: &str, done: Value| {
        json!({
            "version": 3, "id": note, "folderId": folder, "title": "Milk", "state": state, "external": target.uuid,
            "url": format!("{origin}{base}/notes/{note}"), "avatar": target.avatar,
            "createdAt": target.instant, "doneAt": done,
        })
    };
    let list = json!({
        "data": [body("done", json!(target.unix))], "nextCursor": format!("cur-{note}"),
        "links": { "next": format!("{origin}{base}/notes?cursor=cur-{note}&folderId={folder}&page=2") },
    });
    let mut scene = Scene::new(vec![
        act("folder", "createFolder", &format!("POST {base}/folders"))
            .literal(json!({ "name": "Home" }))
            .gets(201, json!({ "name": "Home", "id": folder })),
        act("note", "createNote", &format!("POST {base}/notes"))
            .header("Idempotency-Key", json!("once"), "once")
            .header("X-Trace", json!("$steps.folder.outputs.id"), folder)
            .sends(
                json!({ "title": "Milk", "folderId": "$steps.folder.outputs.id" }),
                json!({ "title": "Milk", "folderId": folder }),
            )
            .gets(201, body("open", Value::Null))
            .with("location", &format!("{origin}{base}/notes/{note}"))
            .with("server", "anything"),
        act("list", "listNotes", &format!("GET {base}/notes?folderId={folder}&page=1"))
            .parameter(ParameterPlace::Query, "folderId", json!("$steps.folder.outputs.id"))
            .parameter(ParameterPlace::Query, "page", json!(1))
            .gets(200, list)
            .with("x-total", "17")
            .with("x-served-at", target.instant)
            .with("x-request-id", target.request),
        act("more", "listNotes", &format!("GET {base}/notes?cursor=cur-{note}"))
            .parameter(ParameterPlace::Query, "cursor", json!("$steps.list.outputs.cursor"))
            .gets(200, json!({ "data": [], "nextCursor": null })),
        act("get", "getNote", &format!("GET {base}/notes/{note}"))
            .parameter(ParameterPlace::Path, "id", json!("$steps.note.outputs.id"))
            .answers(
                404,
                "application/problem+json; charset=utf-8",
                json!({
                    "type": "https://example.com/missing",
                    "detail": format!("Note {note} of folder {folder} was deleted at {}", target.instant),
                    "traceId": target.request,
                })
                .to_string()
                .as_bytes(),
            ),
    ]);
    scene.origin = (*origin).to_owned();
    scene
}

const STORY: &str = r#"# folder

POST /v1/folders

{
  "name": "Home"
}

201 Created
content-type: application/json

{
  "id": "<folder:1>",
  "name": "Home"
}

# note

POST /v1/notes
idempotency-key: once
x-trace: <folder:1>

{
  "folderId": "<folder:1>",
  "title": "Milk"
}

201 Created
content-type: application/json
location: <origin>/v1/notes/<note:1>

{
  "avatar": "<uri:1>",
  "createdAt": "<instant>",
  "doneAt": null,
  "external": "<uuid:1>",
  "folderId": "<folder:1>",
  "id": "<note:1>",
  "state": "open",
  "title": "Milk",
  "url": "<origin>/v1/notes/<note:1>",
  "version": 3
}

# list

GET /v1/notes?folderId=<folder:1>&page=1

200 OK
content-type: application/json
x-request-id: <request-id>
x-served-at: <instant>
x-total: <integer>

{
  "data": [
    {
      "avatar": "<uri:1>",
      "createdAt": "<instant>",
      "doneAt": "<instant>",
      "external": "<uuid:1>",
      "folderId": "<folder:1>",
      "id": "<note:1>",
      "state": "done",
      "title": "Milk",
      "url": "<origin>/v1/notes/<note:1>",
      "version": 3
    }
  ],
  "links": {
    "next": "<origin>/v1/notes?cursor=<cursor:1>&folderId=<folder:1>&page=2"
  },
  "nextCursor": "<cursor:1>"
}

# more

GET /v1/notes?cursor=<cursor:1>

200 OK
content-type: application/json

{
  "data": [],
  "nextCursor": null
}

# get

GET /v1/notes/<note:1>

404 Not Found
content-type: application/problem+json

{
  "detail": "Note <note:1> of folder <folder:1> was deleted at <instant>",
  "traceId": "<request-id>",
  "type": "https://example.com/missing"
}
"#;

#[test]
fn the_same_story_is_the_same_text_on_every_target() {
    for target in [FAKE, DEPLOYED] {
        let rendered = story(&target).render();
        assert_eq!(rendered.findings, []);
        assert_eq!(rendered.text, STORY);
    }
}

#[test]
fn short_numbers_as_ids_are_told_from_other_numbers() {
    let told = |note: i64, folder: i64| {
        let (path, query) = (format!("GET /v1/notes/{note}"), format!("GET /v1/notes?folderId={folder}&page=1"));
        let rendered = Scene::new(vec![
            act("folder", "createFolder", "POST /v1/folders").gets(201, json!({ "id": folder })),
            act("note", "createNote", "POST /v1/notes")
                .sends(
                    json!({ "title": "1 of 1", "folderId": "$steps.folder.outputs.id" }),
                    json!({ "title": "1 of 1", "folderId": folder }),
                )
                .gets(201, json!({ "id": note, "folderId": folder, "version": 1, "title": "1 of 1" })),
            act("get", "getNote", &path)
                .parameter(ParameterPlace::Path, "id", json!("$steps.note.outputs.id"))
                .gets(200, json!({ "id": note, "version": 2 })),
            act("list", "listNotes", &query)
                .parameter(ParameterPlace::Query, "folderId", json!("$steps.folder.outputs.id"))
                .parameter(ParameterPlace::Query, "page", json!("$inputs.page"))
                .gets(200, json!({ "data": [] })),
        ]);
        rendered.render().text
    };
    let text = told(1, 1);
    assert_eq!(text, told(57, 2), "\n{text}");
    for part in ["\"version\": 1", "GET /v1/notes/<note:1>\n", "folderId=<folder:1>&page=1\n", "\"1 of 1\""] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn what_the_author_sent_is_shown_when_it_comes_back() {
    check(
        vec![
            act("create", "createNote", "POST /v1/notes")
                .literal(json!({ "folderId": "inbox_00001", "remindAt": "2030-01-01T09:00:00Z", "title": "http://a.example/" }))
                .gets(201, json!({
                    "folderId": "inbox_00001", "remindAt": "2030-01-01T09:00:00Z", "title": "http://a.example/", "id": "note_001",
                })),
            act("get", "getNote", "GET /v1/notes/note_404")
                .parameter(ParameterPlace::Path, "id", json!("note_404"))
                .gets(200, json!({ "id": "note_404" })),
        ],
        r#"# create

POST /v1/notes

{
  "folderId": "inbox_00001",
  "remindAt": "2030-01-01T09:00:00Z",
  "title": "http://a.example/"
}

201 Created
content-type: application/json

{
  "folderId": "inbox_00001",
  "id": "<note:1>",
  "remindAt": "2030-01-01T09:00:00Z",
  "title": "http://a.example/"
}

# get

GET /v1/notes/note_404

200 OK
content-type: application/json

{
  "id": "note_404"
}
"#,
    );
}

#[test]
fn a_secret_is_never_shown_and_its_parts_are_told_as_such() {
    let key = "key_live_ab12cd34_0123456789abcdef";
    let scene = Scene::new(vec![
        act("key", "createKey", "POST /v1/keys")
            .header("Authorization", json!("Bearer {$inputs.token}"), "Bearer tok_secret_1")
            .literal(json!({ "pin": "987654" }))
            .gets(201, json!({ "apiKey": key, "prefix": "key_live_ab12cd34", "hint": format!("use {key}, not tok_secret_1"), "keyId": "k_123456" })),
        act("note", "createNote", "POST /v1/notes")
            .literal(json!({ "title": "987654 tok_secret_1" }))
            .gets(201, json!({ "id": "note_1", "title": "987654 tok_secret_1" })),
    ]);
    let rendered = scene.input("token", true, None, json!("tok_secret_1")).render();
    assert_eq!(
        rendered.text,
        r#"# key

POST /v1/keys

{
  "pin": "<secret:1>"
}

201 Created
content-type: application/json

{
  "apiKey": "<secret:2>",
  "hint": "use <secret:2>, not <secret:3>",
  "keyId": "<key:1>",
  "prefix": "<secret:2>…"
}

# note

POST /v1/notes

{
  "title": "<secret:1> <secret:3>"
}

201 Created
content-type: application/json

{
  "id": "<note:1>",
  "title": "<secret:1> <secret:3>"
}
"#
    );
}

#[test]
fn an_input_that_the_target_gives_is_a_reference() {
    let told = |receiver: &str| {
        let scene = Scene::new(vec![
            act("note", "createNote", "POST /v1/notes")
                .sends(json!({ "title": "$inputs.receiver" }), json!({ "title": receiver }))
                .gets(201, json!({ "title": receiver, "id": "note_1" })),
        ]);
        scene.input("receiver", false, Some(InputFrom::Receiver), json!(receiver)).render().text
    };
    let text = told("http://127.0.0.1:4010/_standin/webhooks/receive");
    assert_eq!(text, told("https://hooks.example.net/x1"));
    assert_eq!(text.matches("\"title\": \"<uri:1>\"").count(), 2, "{text}");
}

#[test]
fn only_the_last_attempt_of_an_arrival_is_shown() {
    let poll = |attempt, state: &str| {
        act("poll", "getNote", "GET /v1/notes/note_1").attempt(attempt).gets(200, json!({ "state": state }))
    };
    let inner = || act("token", "createFolder", "POST /v1/folders").inside(1, 1).gets(201, json!({}));
    let renew = |attempt| act("renew", "", "GET /").calls(1).attempt(attempt);
    let told = |acts: Vec<Act>| Scene::new(acts).render().text;
    let once = told(vec![poll(1, "done"), inner(), renew(1), poll(1, "open")]);
    let often = told(vec![
        poll(1, "open"),
        poll(2, "open"),
        poll(3, "done"),
        inner(),
        renew(1),
        inner(),
        renew(2),
        inner(),
        renew(3),
        poll(1, "open"),
    ]);
    assert_eq!(once, often);
    let headings: Vec<&str> = once.lines().filter(|line| line.starts_with("# ")).collect();
    assert_eq!(headings, ["# poll", "# inner / token", "# poll [2]"]);
    // What a retry went through on its way counts once, however often it asked.
    let via = |rounds: u32| {
        let mut acts = vec![poll(1, "open")];
        for round in 2..=rounds {
            acts.push(act("renew2", "createFolder", "POST /v1/folders").gets(201, json!({})));
            acts.push(poll(round, "done"));
        }
        told(acts)
    };
    assert_eq!(via(2), via(5));
}

#[test]
fn what_is_left_out_is_named_and_what_is_off_is_still_known() {
    let rendered = Scene::new(vec![
        act("setup", "createFolder", "POST /v1/folders")
            .settings(|step| step.snapshot.off = true)
            .gets(201, json!({ "id": "folder_1" })),
        act("maybe", "getNote", "GET /v1/notes/1").skipped(),
        act("get", "getFolder", "GET /v1/folders/folder_1")
            .parameter(ParameterPlace::Path, "id", json!("$steps.setup.outputs.id"))
            .gets(200, json!({ "id": "folder_1" })),
    ]);
    let rendered = rendered.render();
    assert_eq!(rendered.skipped, ["maybe"]);
    assert!(rendered.text.starts_with("# get\n\nGET /v1/folders/<folder:1>\n"), "{}", rendered.text);
}

#[test]
fn a_webhook_that_was_waited_for_is_shown_by_its_document() {
    let delivered = json!({
        "at": 1, "event": "note.created", "payload": { "note_id": "note_77", "sentAt": "2026-01-01T00:00:00Z", "title": "Milk" },
    });
    check(
        vec![act("await", "awaitWebhook", "POST /_standin/webhooks/await").control().gets(200, delivered)],
        r#"# await

webhook note.created

{
  "note_id": "<note:1>",
  "sentAt": "<instant>",
  "title": "Milk"
}
"#,
    );
}

#[test]
fn bodies_that_are_not_json_are_text_or_a_note() {
    let body = "# heading\n---\n\ttab\r\n\u{1b}[31mred\n";
    check(
        vec![
            act("text", "listThings", "GET /v1/things").answers(200, "text/plain; charset=utf-8", body.as_bytes()),
            act("bytes", "listThings", "GET /v1/things").answers(200, "image/png", &[0x89, 0xff, 0x00]),
            act("none", "listThings", "GET /v1/things").answers(204, "", b""),
            act("broken", "listThings", "GET /v1/things").answers(200, "application/json", b"{\"a\":"),
            act("lost", "createNote", "POST /v1/notes").literal(json!({ "title": "x" })).fails(FailureKind::Timeout),
        ],
        "# text\n\nGET /v1/things\n\n200 OK\ncontent-type: text/plain\n\n| # heading\n| ---\n| \ttab\\r\n| \\u{1b}[31mred\n\n\
         # bytes\n\nGET /v1/things\n\n200 OK\ncontent-type: image/png\n\n(image/png, 3 bytes)\n\n\
         # none\n\nGET /v1/things\n\n204 No Content\n\n\
         # broken\n\nGET /v1/things\n\n200 OK\ncontent-type: application/json\n\n\"{\\\"a\\\":\"\n\n\
         # lost\n\nPOST /v1/notes\n\n{\n  \"title\": \"x\"\n}\n\n(no reply: timeout)\n",
    );
}

#[test]
fn headers_follow_the_allow_list_or_the_authors_own() {
    let reply = |act: Act| {
        act.gets(200, json!([]))
            .with("retry-after", "7")
            .with("date", "Sat, 21 Nov 2026 22:36:25 GMT")
            .with("x-ratelimit-remaining", "12")
            .with(
                "link",
                "<http://127.0.0.1:4010/v1/notes?page=2>; rel=\"next\", <https://else.example/>; rel=\"help\"",
            )
            .with("etag", "\"abc\"")
    };
    let plain = Scene::new(vec![reply(act("a", "listThings", "GET /v1/things"))]).render().text;
    let lines: Vec<&str> = plain.lines().filter(|line| line.contains(": ")).collect();
    assert_eq!(
        lines,
        [
            "content-type: application/json",
            "link: <<origin>/v1/notes?page=2>; rel=\"next\", <<uri:1>>; rel=\"help\"",
            "retry-after: <integer>",
        ]
    );
    let chosen = act("a", "listThings", "GET /v1/things").settings(|step| {
        step.snapshot.headers = Some(["date", "etag", "x-ratelimit-remaining"].map(str::to_owned).to_vec());
    });
    let chosen = Scene::new(vec![reply(chosen)]).render().text;
    let lines: Vec<&str> = chosen.lines().filter(|line| line.contains(": ")).collect();
    assert_eq!(lines, ["date: <instant>", "etag: <text>", "x-ratelimit-remaining: <integer>"]);
}

#[test]
fn of_several_branches_the_one_that_fits_speaks() {
    let body = json!([{ "kind": "day", "on": "2026-01-31" }, { "kind": "word", "on": "2026-02-01" }]);
    let text = Scene::new(vec![act("a", "listThings", "GET /v1/things").gets(200, body)]).render().text;
    assert!(text.contains("\"kind\": \"day\",\n    \"on\": \"<date>\""), "{text}");
    assert!(text.contains("\"kind\": \"word\",\n    \"on\": \"2026-02-01\""), "{text}");
}

#[test]
fn what_is_wrong_with_an_identifier_is_told_in_words() {
    let body = json!({ "errors": { "folder_id": ["The selected folder is unknown."], "tag_ids": ["tag_1"] } });
    let text = Scene::new(vec![act("a", "listThings", "GET /v1/things").gets(422, body)]).render().text;
    assert!(text.contains("\"The selected folder is unknown.\""), "{text}");
    assert!(text.contains("\"<tag:1>\""), "{text}");
}

#[test]
fn a_volatile_value_that_a_step_hands_on_is_shown_as_its_type() {
    let day = |date: &str, count: i64| {
        let date = date.to_owned();
        vec![
            act("today", "listThings", "GET /v1/things")
                .redact("$[0].date", "date")
                .redact("$[0].count", "integer")
                .redact("$[0].deep", "any")
                .output("date", "$response.body#/0/date")
                .output("count", "$response.body#/0/count")
                .output("inner", "$response.body#/0/deep/a")
                .gets(200, json!([{ "date": date, "count": count, "deep": { "a": count } }])),
            act("same", "listThings", &format!("GET /v1/things?date={date}&size={count}&first=2001-01-01&page=2"))
                .parameter(ParameterPlace::Query, "date", json!("$steps.today.outputs.date"))
                .parameter(ParameterPlace::Query, "size", json!("$steps.today.outputs.count"))
                .parameter(ParameterPlace::Query, "first", json!("2001-01-01"))
                .header("X-Inner", json!("$steps.today.outputs.inner"), &count.to_string())
                .gets(200, json!([{ "name": format!("of {date}, not of 2001-01-01"), "date": date }])),
            act("note", "createNote", "POST /v1/notes")
                .sends(
                    json!({ "title": "$steps.today.outputs.date", "size": "$steps.today.outputs.count", "page": 2 }),
                    json!({ "title": date, "size": count, "page": 2 }),
                )
                .answers(204, "", b""),
        ]
    };
    let text = Scene::new(day("2026-01-01", 7)).render().text;
    assert_eq!(Scene::new(day("2026-11-21", 1_000_000)).render().text, text);
    let same = text.split_once("# same").map(|(_, rest)| rest).unwrap_or_default();
    assert_eq!(
        same,
        r#"

GET /v1/things?date=<date>&size=<integer>&first=2001-01-01&page=2
x-inner: <any>

200 OK
content-type: application/json

[
  {
    "date": "<date>",
    "name": "of <date>, not of 2001-01-01"
  }
]

# note

POST /v1/notes

{
  "page": 2,
  "size": "<integer>",
  "title": "<date>"
}

204 No Content
"#
    );
}

#[test]
fn a_step_that_is_not_shown_uses_up_no_numbers() {
    let list = act("list", "listNotes", "GET /v1/notes")
        .settings(|step| step.snapshot.off = true)
        .gets(200, json!({ "data": [{ "id": "note_11" }, { "id": "note_22" }] }));
    let read = act("read", "getNote", "GET /v1/notes/note_22").gets(200, json!({ "id": "note_22" }));
    check(
        vec![list, read],
        "# read\n\nGET /v1/notes/<note:1>\n\n200 OK\ncontent-type: application/json\n\n{\n  \"id\": \"<note:1>\"\n}\n",
    );
}

#[test]
fn each_part_says_which_visit_it_tells_of() {
    let read = |attempt| act("read", "getNote", "GET /v1/notes/1").attempt(attempt).gets(200, json!({}));
    let rendered = Scene::new(vec![read(1), read(2), read(1)]).render();
    let visits: Vec<(&str, usize)> = rendered.visits.iter().map(|(name, visit)| (name.as_str(), *visit)).collect();
    assert_eq!(visits, [("read", 1), ("read [2]", 2)]);
}
