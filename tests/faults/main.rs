//! Every kind of fault, without a socket: what the caller is told, what the service did, and what is remembered of it.

#[path = "../support/mod.rs"]
mod support;

mod engine_addresses;
mod engine_answers;
mod engine_deliveries;
mod engine_effects;
mod engine_hits;
mod engine_replies;
mod engine_worlds;
mod socket;

use serde_json::{Value, json};
use standin::engine;
use standin::engine::control;
use standin::world::clock::FROZEN_START;
use standin::world::fault::{Armed, Fault};
use standin::world::journal::What;
use support::{Answer, Fake, header};

const START: i64 = FROZEN_START;
const POSTS: &str = "/v1/posts";
const CHANNEL: &str = "/v1/channels/channel_launch";

/// Arms a fault that makes sense for the service, and gives its id.
#[track_caller]
fn arm(fake: &mut Fake, written: Value) -> u64 {
    let fault = Fault::read(&written).unwrap_or_else(|wrong| panic!("{written}: {wrong}"));
    control::check_fault(&fake.contract, &fault).unwrap_or_else(|wrong| panic!("{written}: {wrong}"));
    control::arm(&mut fake.world, fault, START).unwrap_or_else(|reason| panic!("{written}: {reason}"))
}

/// An armed fault as it stands now.
#[track_caller]
fn armed(fake: &Fake, id: u64) -> Armed {
    fake.world.faults.list().into_iter().find(|armed| armed.id == id).expect("it is armed")
}

fn hits(fake: &Fake) -> Vec<u32> {
    fake.world.faults.list().iter().map(|armed| armed.hits).collect()
}

fn new_post() -> Value {
    json!({"channelId": "channel_weekly", "content": "A", "scheduledFor": START + 86_400_000})
}

#[track_caller]
fn total(fake: &mut Fake) -> i64 {
    fake.get(POSTS).expect(200).at("/meta/pagination/total").as_i64().expect("a number")
}

/// A creation with an idempotency key.
fn post_with_key(fake: &mut Fake, key: &str) -> Answer {
    let call = header(fake.prepare("POST", POSTS, Some(new_post())), "idempotency-key", key);
    Answer::of(fake.send(&call))
}

/// Headers as text, without those that every reply of the service wears.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let own = |name: &str| !name.starts_with("x-ratelimit");
    let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
    let told = answer.reply.headers.iter().filter(|(name, _)| own(name.as_str()));
    told.map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn pairs(written: &[(&str, &str)]) -> Vec<(String, String)> {
    written.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What the journal's newest entry says of faults, and its number.
fn told(fake: &Fake) -> (u64, Vec<String>) {
    let last = fake.world.journal.last_number();
    let entry = fake.world.journal.since(last - 1, 1).remove(0);
    let causes = entry.causes.iter().filter(|cause| cause.kind == "fault");
    (entry.number, causes.map(|cause| cause.text.to_string()).collect())
}

/// Names of the events told so far.
fn events(fake: &Fake) -> Vec<String> {
    let entries = fake.world.journal.since(0, usize::MAX);
    let named = entries.iter().filter_map(|entry| match &entry.what {
        What::Event { event, .. } => Some(event.to_string()),
        _ => None,
    });
    named.collect()
}

/// The same world, in which nothing is armed.
fn without_faults(fake: &Fake) -> Fake {
    let mut twin = fake.clone();
    for armed in fake.world.faults.list() {
        twin.world.faults.disarm(armed.id);
    }
    twin
}

/// The world written and read back.
fn restored(fake: &Fake) -> Fake {
    let text = standin::world::state::to_json(&fake.world);
    let world = engine::restore(&fake.contract, &text).unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(standin::world::state::to_json(&world), text);
    Fake { world, ..fake.clone() }
}
