//! Worlds as a whole: the same seed gives the same bytes, and a world that was written goes on as if it had not been.

use http::Method;
use serde_json::json;
use standin::call::Call;
use standin::engine;
use standin::world::clock::Clock;
use standin::world::outbox::Outcome;
use standin::world::state;

use crate::helpers::{DAY, NOW};
use crate::support::{Fake, flow, header};

/// What a session shows from outside: every reply, and every attempt of a delivery.
#[derive(Debug, Default, PartialEq)]
struct Record(Vec<String>);

impl Record {
    fn call(&mut self, fake: &mut Fake, call: &Call) -> String {
        let reply = fake.send(call);
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        self.0.push(format!("{} {} → {} {:?} {body}", call.method, call.path, reply.status, reply.headers));
        body
    }

    /// Sends, and gives the text of `field` in the reply's data.
    fn make(
        &mut self,
        fake: &mut Fake,
        method: &str,
        target: &str,
        body: Option<serde_json::Value>,
        field: &str,
    ) -> String {
        let call = fake.prepare(method, target, body);
        let body: serde_json::Value = serde_json::from_str(&self.call(fake, &call)).unwrap_or_default();
        body["data"][field].as_str().unwrap_or_default().to_owned()
    }

    /// Moves the clock; every third attempt succeeds.
    fn wait(&mut self, fake: &mut Fake, seconds: i64) {
        let lines = &mut self.0;
        fake.advance(seconds, |attempt| {
            lines.push(format!("{} {:?} {:?}", attempt.url, attempt.headers, attempt.body));
            if lines.len().is_multiple_of(3) { Outcome::Answered(200) } else { Outcome::Failed("refused".to_owned()) }
        });
    }
}

/// A session through every part of the API, happy and unhappy.
fn session(fake: &mut Fake, record: &mut Record, part: usize) {
    let events =
        json!(["post.created", "post.delivered", "post.failed", "post.blocked", "channel.created", "channel.updated"]);
    let url = format!("https://example.com/{part}");
    let hook = record.make(fake, "POST", "/v1/webhooks", Some(json!({"url": url, "events": events})), "id");
    let key = record.make(fake, "POST", "/v1/api-keys", Some(json!({"name": format!("key {part}")})), "id");
    let channel = record.make(fake, "POST", "/v1/channels", Some(json!({"name": format!("channel {part}")})), "id");
    let now = fake.world.clock.now();
    for number in 0..12 {
        let at = now + number * 7_000;
        let content = if number % 4 == 3 { "x".repeat(300) } else { format!("post {number}") };
        let channel = ["channel_launch", "channel_weekly", channel.as_str(), "channel_none"][number as usize % 4];
        let body = json!({"channelId": channel, "content": content, "scheduledFor": at});
        let call = header(
            fake.prepare("POST", "/v1/posts", Some(body)),
            "Idempotency-Key",
            &format!("{part} {}", number / 2 * 2),
        );
        record.call(fake, &call);
        record.wait(fake, 2);
    }
    record.call(fake, &Call::new(Method::GET, &format!("/v1/connections/meta/auth?channelId={channel}")));
    let batch =
        json!({"posts": [{"channelId": channel, "content": "a"}, {}, {"channelId": "channel_none", "content": "c"}]});
    record.make(fake, "POST", "/v1/posts/batch", Some(batch), "");
    record.make(fake, "PATCH", &format!("/v1/channels/{channel}"), Some(json!({"color": "#123456"})), "");
    record.make(fake, "POST", &format!("/v1/webhooks/{hook}/test"), None, "");
    record.wait(fake, 300);
    for target in [
        "/v1/posts?sort=status,-scheduledFor",
        "/v1/connections",
        "/v1/api-keys",
        "/v1/usage",
        "/v1/usage/day",
        "/v1/nothing",
    ] {
        record.make(fake, "GET", target, None, "");
    }
    record.make(fake, "GET", &format!("/v1/webhooks/{hook}/deliveries?per_page=3&page=2"), None, "");
    record.make(fake, "DELETE", &format!("/v1/api-keys/{key}"), None, "");
    record.make(fake, "DELETE", "/v1/connections/connection_linkedin", None, "");
    record.wait(fake, 40_000);
}

fn whole_session(fake: &mut Fake) -> Record {
    let mut record = Record::default();
    for part in 0..3 {
        session(fake, &mut record, part);
    }
    record
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (mut one, mut two) = (Fake::flow(), Fake::flow());
    let (first, second) = (whole_session(&mut one), whole_session(&mut two));
    assert!(first.0.len() > 120, "the session is too short: {}", first.0.len());
    assert_eq!(first, second);
    assert_eq!(one.world.journal.text(), two.world.journal.text());
    assert_eq!(one.world.digest(), two.world.digest());
}

#[test]
fn another_seed_gives_other_ids_and_another_key() {
    let (one, two) = (Fake::new(flow(), 1), Fake::new(flow(), 2));
    assert_ne!(one.credential, two.credential);
    let ids = |mut fake: Fake| fake.post("/v1/channels", json!({"name": "a"})).expect(201).text("/data/id");
    assert_ne!(ids(one), ids(two));
}

/// A world of another name from the same seed.
fn world(name: &str) -> Fake {
    let contract = flow();
    let world = engine::found(&contract, name, 1, Clock::frozen(NOW));
    let credential = engine::credential(&contract, &world);
    Fake { contract, world, credential }
}

#[test]
fn the_first_key_works_in_every_world_and_one_made_later_only_in_its_own() {
    let (mut one, mut two) = (world("one"), world("two"));
    assert_eq!(one.credential, two.credential);
    let make = |fake: &mut Fake| fake.post("/v1/api-keys", json!({"name": "made"})).expect(201).text("/data/apiKey");
    let keys = [make(&mut one), make(&mut two)];
    assert_ne!(keys[0], keys[1]);
    one.credential = Some(("Authorization".to_owned(), format!("Bearer {}", keys[0])));
    one.get("/v1/channels").expect(200);
    two.credential = one.credential.clone();
    two.get("/v1/channels").expect(401);
}

#[test]
fn what_happens_in_one_world_is_unknown_in_the_other() {
    let (mut one, mut two) = (world("one"), world("two"));
    let before = two.world.digest();
    session(&mut one, &mut Record::default(), 0);
    assert_eq!(two.world.digest(), before);
    // An authorization walked half in one world does not end in the other, even where that has one under way as well.
    let mut callback = String::new();
    for fake in [&mut one, &mut two] {
        let started = fake.get("/v1/connections/tiktok/auth").expect(302);
        let path =
            started.header("location").expect("a page").split("/_standin/").nth(1).expect("an own page").to_owned();
        let path = path.split('?').next().expect("a path");
        let page = engine::own_page(&fake.contract, &fake.world, path, &Call::new(Method::GET, "/")).expect("a page");
        let html = String::from_utf8_lossy(&page.body).replace("&amp;", "&");
        let target = html.split("id=\"approve\"").nth(1).and_then(|rest| rest.split("href=\"").nth(1)).expect("a link");
        let target = target.split('"').next().expect("its end").replace("http://127.0.0.1:4010", "");
        if callback.is_empty() {
            callback = target;
        }
    }
    two.get(&callback).expect(400);
    one.get(&callback).expect(302);
}

#[test]
fn a_world_begun_anew_answers_as_the_first_time() {
    let mut fake = Fake::flow();
    let first = whole_session(&mut fake);
    fake.world = engine::found(&fake.contract, "default", 1, Clock::frozen(NOW));
    assert_eq!(whole_session(&mut fake), first);
}

#[test]
fn a_call_changes_nothing_in_a_world_kept_from_before() {
    let mut fake = Fake::flow();
    whole_session(&mut fake);
    let (kept, digest) = (fake.world.clone(), fake.world.digest());
    whole_session(&mut fake);
    assert_ne!(fake.world.digest(), digest);
    assert_eq!(kept.digest(), digest);
}

#[test]
fn a_world_that_was_written_reads_back_the_same() {
    let mut fake = Fake::flow();
    session(&mut fake, &mut Record::default(), 0);
    let text = state::to_json(&fake.world);
    let restored = engine::restore(&fake.contract, &text).expect("what was written can be read");
    assert_eq!(state::to_json(&restored), text);
    let empty = Fake::flow();
    let text = state::to_json(&empty.world);
    assert_eq!(state::to_json(&engine::restore(&empty.contract, &text).expect("an untouched world, too")), text);
}

#[test]
fn a_world_that_was_written_goes_on_as_if_it_had_not_been() {
    let mut fake = Fake::flow();
    let mut record = Record::default();
    session(&mut fake, &mut record, 0);
    // Under way when it is written: a post on its way, a delivery that failed once, an authorization, a full limit.
    let call = fake.prepare("POST", "/v1/channels", Some(json!({"name": "News"})));
    record.call(&mut fake, &header(call, "Idempotency-Key", "kept"));
    let body = json!({"channelId": "channel_launch", "content": "x", "scheduledFor": fake.world.clock.now() + 60_000});
    record.make(&mut fake, "POST", "/v1/posts", Some(body), "id");
    record.wait(&mut fake, 61);
    let text = state::to_json(&fake.world);
    let world = engine::restore(&fake.contract, &text).expect("what was written can be read");
    let mut restored = Fake { contract: fake.contract.clone(), world, credential: fake.credential.clone() };
    let go_on = |fake: &mut Fake| {
        let mut record = Record::default();
        let call = fake.prepare("POST", "/v1/channels", Some(json!({"name": "News"})));
        record.call(fake, &header(call, "Idempotency-Key", "kept"));
        record.make(fake, "GET", "/v1/api-keys", None, "");
        session(fake, &mut record, 1);
        record
    };
    assert_eq!(go_on(&mut restored), go_on(&mut fake));
    assert_eq!(restored.world.digest(), fake.world.digest());
}

#[test]
fn last_uses_survive_being_written() {
    let mut fake = Fake::flow();
    let reader = fake.post("/v1/api-keys", json!({"name": "reader"})).expect(201).text("/data/apiKey");
    fake.wait(5);
    fake.get("/v1/posts").expect(200);
    fake.world = engine::restore(&fake.contract, &state::to_json(&fake.world)).expect("what was written can be read");
    fake.wait(5);
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {reader}")));
    let keys = fake.get("/v1/api-keys").expect(200);
    assert_eq!(
        (keys.at("/data/0/lastUsedAt"), keys.at("/data/1/lastUsedAt")),
        (&json!(NOW + 10_000), &json!(NOW + 5_000))
    );
}

#[test]
fn uploads_survive_being_written() {
    let mut fake = Fake::flow();
    let mut call =
        header(fake.prepare("POST", "/v1/media/upload", None), "content-type", "multipart/form-data; boundary=b");
    let head =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\n";
    call.body = [head.as_bytes(), b"GIF\x00\xff\r\n", b"\r\n--b--\r\n"].concat().into();
    let made = crate::support::Answer::of(fake.send(&call)).expect(201);
    let world = engine::restore(&fake.contract, &state::to_json(&fake.world)).expect("a world");
    let path = format!("bytes/media/{}", made.text("/data/key"));
    let reply = engine::own_page(&fake.contract, &world, &path, &Call::new(Method::GET, "/")).expect("the bytes");
    assert_eq!(&reply.body[..], b"GIF\x00\xff\r\n");
}

#[test]
fn a_state_that_is_not_one_is_refused_with_a_reason() {
    let contract = flow();
    let text = state::to_json(&Fake::flow().world);
    for broken in ["", "{}", "[]", "null", &text[..text.len() / 2], &text.replace("\"channel\"", "\"chanel\"")] {
        let reason = engine::restore(&contract, broken).expect_err("it is refused");
        assert!(!reason.is_empty());
    }
    let reason =
        engine::restore(&contract, &text.replace("\"channel\"", "\"chanel\"")).expect_err("an unknown collection");
    assert!(reason.contains("did you mean \"channel\"?"), "{reason}");
}

#[test]
fn the_last_instant_of_the_calendar_can_be_asked_for() {
    let mut fake = Fake::flow();
    let body = |at: &str| json!({"channelId": "channel_launch", "content": "x", "scheduledFor": at});
    let made = fake.post("/v1/posts", body("9999-12-31T23:59:59Z")).expect(201);
    assert_eq!(made.at("/data/scheduledFor"), &json!(253_402_300_799_000_i64));
    fake.post("/v1/posts", body("9999-12-31T23:59:59-00:01")).expect(400);
    let listed = fake.get("/v1/posts?filter[scheduledFor][gte]=9999-12-31T00:00:00Z").expect(200);
    assert_eq!(listed.at("/data/0/id"), made.at("/data/id"));
}

#[test]
fn time_moved_in_one_step_or_in_many_comes_to_the_same() {
    let (mut one, mut many) = (Fake::flow(), Fake::flow());
    for fake in [&mut one, &mut many] {
        let body = json!({"channelId": "channel_launch", "content": "x", "scheduledFor": NOW + 90_000});
        fake.post("/v1/posts", body).expect(201);
    }
    one.wait(9 * DAY / 1000);
    for _ in 0..9 * 24 {
        many.wait(3600);
    }
    assert_eq!(one.world.digest(), many.world.digest());
}
