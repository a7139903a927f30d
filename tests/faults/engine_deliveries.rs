//! Webhooks that are lost, late, doubled, out of order, or signed by somebody else.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use standin::world::journal::What;
use standin::world::outbox::{Attempt, Outcome};

use super::support::Fake;
use super::{START, arm, armed, restored};

const URL: &str = "https://example.com/hooks/one";

/// A world with a subscription to every channel that is made; its id and secret.
fn listening() -> (Fake, String, String) {
    let mut fake = Fake::flow();
    let made = fake.post("/v1/webhooks", json!({"url": URL, "events": ["channel.created"]})).expect(201);
    let (id, secret) = (made.text("/data/id"), made.text("/data/secret"));
    (fake, id, secret)
}

fn make(fake: &mut Fake, name: &str) {
    fake.post("/v1/channels", json!({"name": name})).expect(201);
}

/// What arrives while the clock moves: the second, the channel's name and the attempt.
fn receive(fake: &mut Fake, seconds: i64) -> Vec<(i64, String, Attempt)> {
    receive_with(fake, seconds, |_| Outcome::Answered(200))
}

fn receive_with(
    fake: &mut Fake,
    seconds: i64,
    mut answer: impl FnMut(usize) -> Outcome,
) -> Vec<(i64, String, Attempt)> {
    let mut arrived = Vec::new();
    fake.advance(seconds, |attempt| {
        let body: Value = serde_json::from_slice(&attempt.body).expect("a JSON body");
        let name = body["data"]["name"].as_str().unwrap_or_default().to_owned();
        let header =
            |name: &str| attempt.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let signed = header("Flow-Signature").expect("a signature");
        let time = signed.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("a time");
        let at = time.parse::<i64>().expect("seconds") - START / 1000;
        arrived.push((at, name, attempt.clone()));
        answer(arrived.len())
    });
    arrived
}

fn names(arrived: &[(i64, String, Attempt)]) -> Vec<(i64, &str)> {
    arrived.iter().map(|(at, name, _)| (*at, name.as_str())).collect()
}

/// Outcome and faults of every attempt in the journal, with the entry's number.
fn attempts(fake: &Fake) -> Vec<(u64, String, Vec<String>)> {
    let entries = fake.world.journal.since(0, usize::MAX);
    let told = entries.iter().filter_map(|entry| match &entry.what {
        What::Attempt { outcome, .. } => {
            let causes = entry.causes.iter().map(|cause| cause.text.to_string()).collect();
            Some((entry.number, outcome.clone(), causes))
        }
        _ => None,
    });
    told.collect()
}

fn outcomes(fake: &Fake) -> Vec<(String, Vec<String>)> {
    attempts(fake).into_iter().map(|(_, outcome, causes)| (outcome, causes)).collect()
}

fn told(outcome: &str, fault: Option<&str>) -> (String, Vec<String>) {
    (outcome.to_owned(), fault.into_iter().map(str::to_owned).collect())
}

/// The log's status of every delivery, newest first.
fn logged(fake: &mut Fake, id: &str) -> Vec<String> {
    let list = fake.get(&format!("/v1/webhooks/{id}/deliveries")).expect(200);
    let log = list.at("/data").as_array().expect("a list").iter();
    log.map(|one| format!("{} {}", one["status"].as_str().unwrap_or_default(), one["attemptCount"])).collect()
}

#[test]
fn a_dropped_delivery_counts_as_made_and_is_not_sent() {
    let (mut fake, hook, _) = listening();
    let id = arm(&mut fake, json!({"kind": "dropDelivery", "times": 1}));
    make(&mut fake, "Lost");
    make(&mut fake, "Found");
    assert_eq!(names(&receive(&mut fake, 86_400)), [(0, "Found")]);
    assert_eq!(
        outcomes(&fake),
        [told("dropped, and counted as delivered", Some("delivery dropped (fault 1)")), told("delivered (200)", None)]
    );
    let armed = armed(&fake, id);
    assert_eq!((armed.seen, armed.hits), (2, 1));
    assert_eq!((armed.hit[0].entry, armed.hit[0].name.as_str()), (attempts(&fake)[0].0, "channel.created"));
    let log = logged(&mut fake, &hook);
    assert!(log.len() == 2 && log.iter().all(|one| one.starts_with("delivered")), "{log:?}");
    assert!(fake.world.outbox.is_empty());
}

#[test]
fn a_delayed_delivery_comes_late_on_the_worlds_clock() {
    let (mut fake, _, secret) = listening();
    arm(&mut fake, json!({"kind": "delayDelivery", "ms": 30_000, "times": 1}));
    make(&mut fake, "Late");
    make(&mut fake, "First");
    let mut fake = restored(&fake);
    let arrived = receive(&mut fake, 86_400);
    assert_eq!(names(&arrived), [(0, "First"), (30, "Late")]);
    assert!(is_signed_with(&arrived[1].2, &secret));
    assert_eq!(
        outcomes(&fake),
        [told("delivered (200)", None), told("delivered (200)", Some("delivery 30000 ms late (fault 1)"))]
    );
}

#[test]
fn a_duplicate_is_the_same_bytes_again_once_it_was_delivered() {
    let (mut fake, hook, _) = listening();
    let id = arm(&mut fake, json!({"kind": "duplicateDelivery", "copies": 3}));
    make(&mut fake, "Thrice");
    // The first attempt fails: copies follow the one that is delivered.
    let arrived = receive_with(&mut fake, 86_400, |count| Outcome::Answered(if count == 1 { 500 } else { 200 }));
    assert_eq!(arrived.len(), 4, "{:?}", names(&arrived));
    let (second, copies) = (&arrived[1].2, &arrived[2..]);
    assert!(copies.iter().all(|(_, _, copy)| (&copy.headers, &copy.body) == (&second.headers, &second.body)));
    let log = logged(&mut fake, &hook);
    assert_eq!(log, ["delivered 2"], "to the service it was delivered once");
    let armed = armed(&fake, id);
    assert_eq!(armed.hits as usize, armed.hit.len());
    assert!(fake.world.outbox.is_empty());
}

#[test]
fn a_delivery_is_overtaken_by_the_next_one() {
    let (mut fake, _, _) = listening();
    arm(&mut fake, json!({"kind": "reorderDelivery"}));
    make(&mut fake, "First");
    make(&mut fake, "Second");
    make(&mut fake, "Third");
    let mut fake = restored(&fake);
    let arrived = receive(&mut fake, 86_400);
    assert_eq!(names(&arrived), [(0, "Second"), (0, "Third"), (0, "First")]);
}

#[test]
fn a_delivery_that_nothing_overtakes_goes_out_after_a_while() {
    let (mut fake, _, _) = listening();
    arm(&mut fake, json!({"kind": "reorderDelivery", "waitMs": 4000, "times": 1}));
    make(&mut fake, "Alone");
    assert_eq!(names(&receive(&mut fake, 3)), []);
    assert_eq!(names(&receive(&mut fake, 86_400)), [(4, "Alone")]);
    make(&mut fake, "Next");
    assert_eq!(receive(&mut fake, 86_400).len(), 1);
}

#[test]
fn a_delivery_is_overtaken_though_its_fault_was_disarmed_meanwhile() {
    let (mut fake, _, _) = listening();
    let id = arm(&mut fake, json!({"kind": "reorderDelivery", "waitMs": 86_400_000}));
    make(&mut fake, "First");
    assert_eq!(names(&receive(&mut fake, 60)), []);
    assert!(standin::engine::control::disarm(&mut fake.world, id));
    let mut fake = restored(&fake);
    make(&mut fake, "Second");
    assert_eq!(names(&receive(&mut fake, 60)), [(60, "Second"), (60, "First")]);
    assert_eq!(receive(&mut fake, 2 * 86_400).len(), 0, "what was planned for it is off");
}

#[test]
fn an_overtaken_delivery_that_fails_is_repeated_as_any_other() {
    let (mut plain, _, _) = listening();
    make(&mut plain, "First");
    let usual: Vec<i64> =
        receive_with(&mut plain, 86_400, |_| Outcome::Answered(500)).iter().map(|one| one.0).collect();
    let (mut fake, _, _) = listening();
    arm(&mut fake, json!({"kind": "reorderDelivery", "times": 1}));
    make(&mut fake, "First");
    make(&mut fake, "Second");
    let arrived = receive_with(&mut fake, 86_400, |count| Outcome::Answered(if count == 1 { 200 } else { 500 }));
    let times: Vec<i64> = arrived.iter().filter(|(_, name, _)| name == "First").map(|one| one.0).collect();
    assert_eq!(times, usual, "what was planned for when nothing overtakes it is off");
}

fn is_signed_with(attempt: &Attempt, secret: &str) -> bool {
    let signature = &attempt.headers.iter().find(|(name, _)| name == "Flow-Signature").expect("signed").1;
    is_signature(signature, &attempt.body, secret)
}

/// Was the body signed with this secret?
pub fn is_signature(signature: &str, body: &[u8], secret: &str) -> bool {
    let (time, digest) = signature.split_once(",v1=").expect("two parts");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{}.", time.trim_start_matches("t=")).as_bytes());
    mac.update(body);
    digest == mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
}

#[test]
fn a_wrong_signature_is_made_with_another_secret() {
    let (mut fake, hook, secret) = listening();
    let written =
        json!({"kind": "wrongSignature", "event": "channel.created", "subscription": hook.as_str(), "times": 1});
    arm(&mut fake, written);
    make(&mut fake, "Forged");
    make(&mut fake, "Genuine");
    let arrived = receive(&mut fake, 60);
    let good: Vec<bool> = arrived.iter().map(|(_, _, attempt)| is_signed_with(attempt, &secret)).collect();
    assert_eq!(good, [false, true]);
    assert_eq!(
        outcomes(&fake),
        [told("delivered (200)", Some("wrong signature (fault 1)")), told("delivered (200)", None)]
    );
}

#[test]
fn only_deliveries_that_are_meant_are_hit() {
    let (mut fake, _, _) = listening();
    arm(&mut fake, json!({"kind": "dropDelivery", "event": "post.created"}));
    arm(&mut fake, json!({"kind": "dropDelivery", "subscription": "webhook_other"}));
    make(&mut fake, "Meant for nobody");
    assert_eq!(receive(&mut fake, 60).len(), 1);
    assert_eq!(super::hits(&fake), [0, 0]);
}
