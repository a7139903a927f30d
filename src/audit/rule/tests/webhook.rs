use super::said;
use crate::audit::fixture::{delivery, get, post, run};
use crate::audit::observe::{DeliveryAttempt, Run, StruckFault};

fn answered(mut delivery: DeliveryAttempt, status: u16) -> DeliveryAttempt {
    delivery.status = Some(status);
    delivery
}

fn silent(mut delivery: DeliveryAttempt) -> DeliveryAttempt {
    (delivery.status, delivery.failure) = (None, Some("connection refused".to_owned()));
    delivery
}

fn struck(mut delivery: DeliveryAttempt, kind: &'static str) -> DeliveryAttempt {
    delivery.struck.push(StruckFault { kind, text: kind.to_owned() });
    delivery
}

fn delivered(deliveries: impl IntoIterator<Item = DeliveryAttempt>) -> Run {
    deliveries.into_iter().fold(run("webhooks").saw(post("/hooks", "{}").at(0)), Run::delivered)
}

const NO_RECEIVER: &str = "undecided: the client registered no receiver of webhooks that deliveries could be made to";

#[test]
fn without_a_receiver_nothing_is_decided() {
    let codes = [SIGNATURE, REPEATED, ONCE, FAST, ORDER];
    for code in codes {
        assert_eq!(said(code, &[run("baseline").saw(get("/posts"))]), NO_RECEIVER);
    }
}

const SIGNATURE: &str = "refuses-wrong-signature";

#[test]
fn a_forged_delivery_is_refused() {
    let forged = |status| delivered([struck(answered(delivery("post.made", "e1", 10), status), "wrongSignature")]);
    assert_eq!(said(SIGNATURE, &[forged(401)]), "passed: 1 a forged post.made was refused with 401");
    assert_eq!(said(SIGNATURE, &[forged(204)]), "failed: 1 a forged post.made was taken with 204");
    let text = "failed: 1 a forged post.made was answered with 500, after which senders try again";
    assert_eq!(said(SIGNATURE, &[forged(500)]), text);
    let honest = delivered([delivery("post.made", "e1", 10)]);
    assert_eq!(said(SIGNATURE, &[honest]), "undecided: no delivery had a wrong signature");
    let gone = delivered([struck(silent(delivery("post.made", "e1", 10)), "wrongSignature")]);
    let text = "undecided: the receiver did not answer the delivery with a wrong signature";
    assert_eq!(said(SIGNATURE, &[gone]), text);
}

const REPEATED: &str = "accepts-repeated-event";

#[test]
fn an_event_that_comes_again_is_taken_again() {
    let again =
        |second| delivered([delivery("post.made", "e1", 10), answered(delivery("post.made", "e1", 50), second)]);
    assert_eq!(said(REPEATED, &[again(200)]), "passed: 1 a repeated post.made was taken with 200");
    assert_eq!(said(REPEATED, &[again(409)]), "failed: 1 a repeated post.made was refused with 409");
    let never = "undecided: no event was delivered again after the receiver had taken it";
    let two = delivered([delivery("post.made", "e1", 10), delivery("post.made", "e2", 50)]);
    assert_eq!(said(REPEATED, &[two]), never);
    // What it refused, it is right to be sent again; and a forged repeat is no repeat.
    let retried = delivered([answered(delivery("post.made", "e1", 10), 503), delivery("post.made", "e1", 50)]);
    assert_eq!(said(REPEATED, &[retried]), never);
    let forged = struck(answered(delivery("post.made", "e1", 50), 401), "wrongSignature");
    assert_eq!(said(REPEATED, &[delivered([delivery("post.made", "e1", 10), forged])]), never);
}

const ONCE: &str = "acts-once-per-event";

#[test]
fn an_event_that_comes_again_is_acted_on_once() {
    let twice = || delivered([delivery("post.made", "e1", 10), delivery("post.made", "e1", 500)]);
    let thanks = |at| post("/messages", r#"{"text": "thanks"}"#).at(at);
    assert_eq!(said(ONCE, &[twice().saw(thanks(20))]), "passed: 1.2 a repeated post.made was not acted on again");
    let text = "failed: 1.2+3 POST /messages was sent again for a repeated post.made";
    assert_eq!(said(ONCE, &[twice().saw(thanks(20)).saw(thanks(510))]), text);
    let text = "undecided: no call could be seen that the receiver made because of an event";
    assert_eq!(said(ONCE, &[twice().saw(get("/posts/1").at(20))]), text);
}

#[test]
fn what_a_key_protects_is_done_once() {
    let twice = || delivered([delivery("post.made", "e1", 10), delivery("post.made", "e1", 500)]);
    let copy = |at| post("/posts", r#"{"text": "copy"}"#).at(at).key("event-e1");
    assert_eq!(
        said(ONCE, &[twice().saw(copy(20)).saw(copy(510))]),
        "passed: 1.2 a repeated post.made was not acted on again"
    );
}

const FAST: &str = "answers-webhooks-fast";

#[test]
fn deliveries_are_answered_within_five_seconds() {
    assert_eq!(
        said(FAST, &[delivered([delivery("post.made", "e1", 10)])]),
        "passed: 1 post.made was answered within 5 ms"
    );
    let slow = |mut delivery: DeliveryAttempt| {
        delivery.ended = delivery.begun + 5_100_000;
        delivery
    };
    let text = "failed: 1 post.made was not answered within 5100 ms";
    assert_eq!(said(FAST, &[delivered([slow(delivery("post.made", "e1", 10))])]), text);
    assert_eq!(said(FAST, &[delivered([slow(silent(delivery("post.made", "e1", 10)))])]), text);
    let gone = delivered([silent(delivery("post.made", "e1", 10))]);
    assert_eq!(said(FAST, &[gone]), "undecided: no delivery reached the receiver");
}

const ORDER: &str = "accepts-events-out-of-order";

#[test]
fn events_out_of_order_are_taken() {
    let reordered = |first, second| {
        let early = answered(delivery("post.changed", "e2", 10), first);
        delivered([early, struck(answered(delivery("post.made", "e1", 50), second), "reorderDelivery")])
    };
    assert_eq!(said(ORDER, &[reordered(200, 200)]), "passed: 1 post.changed was taken with 200, out of order");
    assert_eq!(said(ORDER, &[reordered(404, 200)]), "failed: 1 post.changed was refused with 404, out of order");
    assert_eq!(said(ORDER, &[reordered(200, 500)]), "failed: 1 post.made was refused with 500, out of order");
    assert_eq!(said(ORDER, &[delivered([delivery("post.made", "e1", 10)])]), "undecided: no delivery was out of order");
}
