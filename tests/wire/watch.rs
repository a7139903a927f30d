//! What the watch tells of calls and deliveries.

use standin::audit::observe::{End, Performed, StruckFault};

use super::*;

/// A call and what came of it, without what is of one run alone.
fn line(exchange: &Exchange) -> String {
    let struck: Vec<&str> = exchange.struck.iter().map(|StruckFault { text, .. }| text.as_str()).collect();
    let made: Vec<String> = exchange.made.iter().map(|(resource, id)| format!("{resource} {id}")).collect();
    format!(
        "{} on {}: {} {} {} {} {:?} {:?} made {made:?} struck {struck:?}",
        exchange.number,
        exchange.connection,
        exchange.method,
        exchange.path,
        exchange.operation.as_deref().unwrap_or("-"),
        exchange.status.as_u16(),
        exchange.end,
        exchange.performed,
    )
}

#[tokio::test]
async fn calls_are_told_in_order_with_what_was_done_and_what_struck_them() {
    let fake = Fake::start().await;
    let mut first = fake.connect().await;
    ask(&mut first, LIST).await;
    let made = ask(&mut first, &post("/bells", &json!({"tone": "a"}))).await;
    fake.arm(json!({"kind": "close", "effect": "done", "operation": "ringBell", "times": 1}));
    fake.arm(json!({"kind": "status", "status": 503, "operation": "listHooks", "times": 1}));
    ask(&mut first, LIST).await;
    let mut second = fake.connect().await;
    second.write_all(&post("/bells", &json!({"tone": "b"}))).await.unwrap();
    read_to_end(&mut second).await;
    ask(&mut first, b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    ask(&mut first, b"GET /_standin/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let exchanges = fake.watched().await;
    let id = |exchange: &Exchange| exchange.made.first().map(|(_, id)| id.clone()).unwrap_or_default();
    let (one, two) = (id(&exchanges[1]), id(&exchanges[3]));
    assert!(made.contains(&format!("\"id\":\"{one}\"")) && one != two, "{made}");
    let lines: Vec<String> = exchanges.iter().map(line).collect();
    let expected = [
        "1 on 1: GET /hooks listHooks 200 Replied Yes made [] struck []".to_owned(),
        format!("2 on 1: POST /bells ringBell 201 Replied Yes made [\"bell {one}\"] struck []"),
        "3 on 1: GET /hooks listHooks 503 Replied No made [] struck [\"status 503\"]".to_owned(),
        format!(
            "4 on 2: POST /bells ringBell 201 Cut Yes made [\"bell {two}\"] struck [\"closed before the reply, after the effect\"]"
        ),
        "5 on 1: GET /nowhere - 404 Replied No made [] struck []".to_owned(),
    ];
    assert_eq!(lines, expected);
    let lost = &exchanges[3];
    assert_eq!((&lost.body[..], &lost.reply_body[..]), (&br#"{"tone":"b"}"#[..], &b""[..]));
    assert_eq!(
        (lost.header("content-type"), lost.reply_header("content-type")),
        (Some("application/json"), Some("application/json"))
    );
    assert!(exchanges.is_sorted_by_key(|exchange| exchange.begun), "{exchanges:?}");
    assert!(exchanges.iter().all(|exchange| exchange.begun <= exchange.ended), "{exchanges:?}");
}

#[tokio::test]
async fn of_a_damaged_reply_what_reached_the_client_is_told() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    ask(&mut socket, &post("/hooks", &hook())).await;
    let intact = ask(&mut socket, LIST).await;
    let body = parts(&intact).1;
    for (fault, end, seen) in [
        (json!({"kind": "truncate", "bytes": 4}), End::Cut, &body[..4]),
        (json!({"kind": "wrongLength", "by": -3}), End::Replied, &body[..body.len() - 3]),
        (json!({"kind": "wrongLength", "by": 3}), End::Cut, body),
        (json!({"kind": "reset", "at": "body", "effect": "done"}), End::Cut, &body[..body.len() / 2]),
        (json!({"kind": "garbage", "effect": "done"}), End::Cut, ""),
    ] {
        let mut fault = fault;
        fault["times"] = json!(1);
        fake.arm(fault.clone());
        fake.watch_anew();
        let mut socket = fake.connect().await;
        socket.write_all(LIST).await.unwrap();
        read_to_end(&mut socket).await;
        let exchanges = fake.watched().await;
        let told: Vec<_> = exchanges.iter().map(|exchange| (exchange.end, &exchange.reply_body[..])).collect();
        assert_eq!(told, [(end, seen.as_bytes())], "{fault}");
    }
}

#[tokio::test]
async fn a_key_that_was_used_is_told_as_replayed() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    let receiver = format!("http://{}/_standin/webhooks/receive", fake.serving.address);
    let made = ask(&mut socket, &post("/hooks", &json!({"url": receiver}))).await;
    let made: Value = serde_json::from_str(parts(&made).1).unwrap();
    let path = format!("/hooks/{}/test", made["id"].as_str().unwrap());
    let request = String::from_utf8(post(&path, &json!({}))).unwrap();
    let request = request.replacen("Host:", "Idempotency-Key: one\r\nHost:", 1);
    for _ in 0..2 {
        ask(&mut socket, request.as_bytes()).await;
    }
    let performed: Vec<Performed> = fake.watched().await.iter().map(|exchange| exchange.performed).collect();
    assert_eq!(performed, [Performed::Yes, Performed::Yes, Performed::Replayed]);
}

#[tokio::test]
async fn attempts_of_deliveries_are_told_with_their_event_and_what_came_of_them() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    let receiver = format!("http://{}/_standin/webhooks/receive?status=", fake.serving.address);
    for status in [200, 500] {
        ask(&mut socket, &post("/hooks", &json!({"url": format!("{receiver}{status}"), "events": ["bell.rung"]})))
            .await;
    }
    ask(&mut socket, &post("/bells", &json!({"tone": "a"}))).await;
    assert!(fake.serving.settled("default", PATIENCE).await);
    let watched = fake.serving.watched("default");
    let mut told: Vec<_> = watched
        .deliveries
        .iter()
        .map(|attempt| (attempt.event.as_str(), attempt.url.replace(&receiver, ""), attempt.status, &attempt.failure))
        .collect();
    told.sort_by(|a, b| a.1.cmp(&b.1));
    let expected = ["200", "500"].map(|status| ("bell.rung", status.to_owned(), status.parse().ok(), &None));
    assert_eq!(told, expected);
    assert_eq!(watched.deliveries[0].event_id, watched.deliveries[1].event_id);
    // What a log of deliveries keeps is none of the client's making.
    assert_eq!(watched.exchanges[2].made.len(), 1, "{:?}", watched.exchanges[2]);
    assert!(watched.deliveries.iter().all(|attempt| attempt.begun <= attempt.ended));
}

#[tokio::test]
async fn times_can_be_told_from_any_instant_on() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    ask(&mut socket, LIST).await;
    let instant = fake.serving.watch_now();
    ask(&mut socket, LIST).await;
    let whole = fake.serving.watched("default");
    let since = fake.serving.watched("default").since(instant);
    assert_eq!((whole.exchanges.len(), since.exchanges.len()), (2, 1));
    assert_eq!(since.exchanges[0].number, 1);
    assert_eq!(since.exchanges[0].begun, whole.exchanges[1].begun - instant);
}

#[tokio::test]
async fn a_world_that_is_forgotten_begins_anew() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    ask(&mut socket, &post("/hooks", &hook())).await;
    fake.arm(json!({"kind": "close"}));
    fake.serving.forget("default");
    assert_eq!((fake.serving.faults("default").len(), fake.serving.watched("default").exchanges.len()), (0, 0));
    assert!(ask(&mut socket, LIST).await.ends_with("[]"));
    assert!(fake.serving.arm("no world", Fault::read(&json!({"kind": "close"})).unwrap()).is_err());
}

#[tokio::test]
async fn a_session_says_how_much_was_seen_and_not_kept() {
    let fake = Fake::start().await;
    let mut socket = fake.connect().await;
    let head = "Host: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 10000000";
    let upload = [format!("POST /bells HTTP/1.1\r\n{head}\r\n\r\n").into_bytes(), vec![b'x'; 10_000_000]].concat();
    for _ in 0..=server::BYTES_WATCHED_MAX / 10_000_000 {
        ask(&mut socket, &upload).await;
    }
    let session = fake.serving.sessions().remove(0);
    let left_out = (session.exchanges_left_out, session.deliveries_left_out);
    assert_eq!((session.exchanges.len(), left_out), (server::BYTES_WATCHED_MAX / 10_000_000, (1, 0)));
}
