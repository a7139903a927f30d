//! The words of a fault: read, written, refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{all, fault};
use crate::world::fault::{Fault, Kind, schema};

#[test]
fn every_word_of_every_kind_is_written_as_it_was_read() {
    for written in all() {
        assert_eq!(Value::Object(fault(written.clone()).write()), written);
        assert_eq!(serde_json::from_value::<Fault>(written.clone()).unwrap(), fault(written));
    }
    let kinds: BTreeSet<String> = all().iter().map(|written| written["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, Kind::WORDS.iter().map(|word| (*word).to_owned()).collect());
    let said: BTreeSet<String> =
        all().iter().flat_map(|written| written.as_object().unwrap().clone()).map(|(word, _)| word).collect();
    let schema = schema();
    let parts = schema["$defs"].as_object().unwrap().iter();
    let parts = parts.filter(|(name, _)| name.ends_with("Fault") || name.starts_with("Fault"));
    let words = parts.flat_map(|(_, part)| part["properties"].as_object().cloned().unwrap_or_default());
    let known: BTreeSet<String> = words.map(|(word, _)| word).collect();
    assert_eq!(said, known, "a word is not tried here");
}

#[test]
fn the_schema_takes_what_is_read() {
    let schema = jsonschema::validator_for(&schema()).expect("a schema");
    for written in all() {
        let errors: Vec<String> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{written}");
    }
    assert!(!schema.is_valid(&json!({"kind": "closed"})));
    assert!(!schema.is_valid(&json!({"kind": "close", "bytes": 3})));
}

#[test]
fn what_is_left_out_is_the_usual() {
    assert_eq!(fault(json!({"kind": "close"})), fault(json!({"kind": "close", "effect": "none"})));
    assert_eq!(fault(json!({"kind": "reset"})), fault(json!({"kind": "reset", "at": "start", "effect": "none"})));
    assert_eq!(fault(json!({"kind": "close", "tag": ["A"]})), fault(json!({"kind": "close", "tag": "A"})));
    assert_eq!(fault(json!({"kind": "close", "until": "1h"})), fault(json!({"kind": "close", "until": "PT1H"})));
}

#[track_caller]
fn refused(written: Value, expected: &str) {
    match Fault::read(&written) {
        Ok(fault) => panic!("{written} was read as {fault:?}"),
        Err(wrong) => assert_eq!(wrong.to_string(), expected),
    }
}

#[test]
fn an_unknown_kind_is_told_with_the_nearest() {
    refused(json!({"kind": "clsoe"}), r#"/kind: there is no kind of fault "clsoe"; did you mean "close"?"#);
    refused(json!({"kind": 5}), "/kind: kind is a word, not a number");
    refused(json!([]), "a fault is an object, not a list");
    let list = Kind::WORDS.join(", ");
    refused(json!({"times": 2}), &format!("the fault has no kind; say which: {list}"));
    refused(json!({"kind": "xyz"}), &format!("/kind: there is no kind of fault \"xyz\"; known kinds: {list}"));
}

#[test]
fn an_unknown_word_is_told_with_the_nearest_of_all_that_could_be_meant() {
    refused(
        json!({"kind": "truncate", "byte": 3}),
        r#"/byte: "byte" does not belong to a fault of kind truncate; did you mean "bytes"?"#,
    );
    refused(
        json!({"kind": "close", "operaton": "x"}),
        r#"/operaton: "operaton" does not belong to a fault of kind close; did you mean "operation"?"#,
    );
    refused(
        json!({"kind": "emptyBody", "size": 3}),
        "/size: \"size\" does not belong to a fault of kind emptyBody; a fault of this kind takes no words of its own, and what says which calls",
    );
    refused(
        json!({"kind": "latency", "uniform": {"minMs": 1, "maxM": 2}}),
        "/uniform/maxM: unknown field `maxM`, expected `minMs` or `maxMs`",
    );
}

#[test]
fn values_of_the_wrong_kind_are_told_with_their_place() {
    let wrong = Fault::read(&json!({"kind": "status", "status": "503"})).unwrap_err();
    assert_eq!((wrong.pointer.as_str(), wrong.about_key), ("/status", false));
    let wrong = Fault::read(&json!({"kind": "close", "times": -1})).unwrap_err();
    assert_eq!(wrong.pointer, "/times");
    let wrong = Fault::read(&json!({"kind": "close", "until": "soon"})).unwrap_err();
    assert_eq!(wrong.message, r#""soon" is neither a duration (30s, PT1H) nor an RFC 3339 instant"#);
    let wrong = Fault::read(&json!({"kind": "close", "effect": "half"})).unwrap_err();
    assert_eq!(wrong.to_string(), "/effect: unknown variant `half`, expected `none` or `done`");
}

#[test]
fn what_cannot_be_is_refused() {
    for (written, expected) in [
        (json!({"kind": "status", "status": 199}), "status 199 is not a final HTTP status: use 200 to 599"),
        (json!({"kind": "status", "status": 600}), "status 600 is not a final HTTP status: use 200 to 599"),
        (
            json!({"kind": "status", "status": 503, "retryAfterForm": "httpDate"}),
            "retryAfterForm says how retryAfter is written, and there is none",
        ),
        (
            json!({"kind": "reset", "at": "body"}),
            "a reply that is broken off in the middle has been made: say effect: done",
        ),
        (json!({"kind": "wrongLength", "by": 0}), "by is 0, so the length would be right"),
        (json!({"kind": "slowBody", "bytesPerSecond": 0}), "bytesPerSecond is 0: a fault of kind hang never answers"),
        (json!({"kind": "duplicateDelivery", "copies": 1}), "copies is 1, but must be from 2 to 10"),
        (json!({"kind": "latency", "ms": 300_001}), "ms 300001 is too long: at most 300000 ms"),
        (json!({"kind": "latency"}), "latency takes exactly one of ms, uniform, normal and longTail"),
        (
            json!({"kind": "latency", "ms": 1, "normal": {"meanMs": 1, "deviationMs": 1}}),
            "latency takes exactly one of ms, uniform, normal and longTail",
        ),
        (json!({"kind": "latency", "uniform": {"minMs": 3, "maxMs": 2}}), "minMs 3 is above maxMs 2"),
        (json!({"kind": "latency", "longTail": {"medianMs": 3, "p99Ms": 2}}), "medianMs 3 is above p99Ms 2"),
        (
            json!({"kind": "latency", "longTail": {"medianMs": 0, "p99Ms": 2}}),
            "medianMs is 0, and no tail grows out of nothing: say 1 or more",
        ),
        (json!({"kind": "stale"}), "stale takes either byMs or byCalls"),
        (json!({"kind": "stale", "byMs": 1, "byCalls": 1}), "stale takes either byMs or byCalls"),
        (json!({"kind": "stale", "byCalls": 0}), "a read that lags by nothing is none: say 1 or more"),
        (json!({"kind": "stale", "byCalls": 1001}), "byCalls 1001 is too far back: at most 1000"),
        (json!({"kind": "clockSkew", "seconds": 0}), "seconds is 0, so its clock would be right"),
        (json!({"kind": "delayDelivery", "ms": 0}), "ms is 0, so it would not be late"),
        (json!({"kind": "reorderDelivery", "waitMs": 0}), "waitMs is 0, so nothing could overtake it"),
        (json!({"kind": "expiredCredential", "times": 2}), "a credential expires once: leave times out"),
        (json!({"kind": "status", "status": 204, "error": "x"}), "status 204 is no error: leave error out"),
        (
            json!({"kind": "status", "status": 503, "retryAfter": 31_536_001}),
            "retryAfter 31536001 is too long: at most 31536000 s",
        ),
        (json!({"kind": "close", "times": 0}), "times is 0, so it would never hit: leave it out, or say 1 or more"),
        (
            json!({"kind": "close", "nth": 2, "times": 2}),
            "nth is one call alone: leave out after, every, times and probability",
        ),
        (json!({"kind": "close", "probability": 1.5}), "probability 1.5 is not a share above 0 and up to 1"),
        (json!({"kind": "close", "probability": 0}), "probability 0 is not a share above 0 and up to 1"),
        (json!({"kind": "close", "from": "2h", "until": "1h"}), "until is not after from, so it would never hit"),
        (
            json!({"kind": "close", "event": "sent"}),
            "event says nothing about a fault of calls: say operation, tag, method, resource or credential",
        ),
        (
            json!({"kind": "dropDelivery", "operation": "x"}),
            "operation says nothing about a fault of deliveries: say event or subscription",
        ),
    ] {
        refused(written, expected);
    }
}
