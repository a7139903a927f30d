//! What faults did to replies: one table for all who ask what a client got.

use http::Method;

use super::observe::{Exchange, StruckFault};
use crate::call::takes_body;

/// What was wrong with a reply that began well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The body broke off.
    HalfBody,
    InvalidJson,
    EmptyBody,
    HtmlPage,
    CorruptGzip,
    WrongLength,
    /// Bytes that are no HTTP.
    Garbage,
}

impl Damage {
    /// What a struck fault does to a reply that has a body.
    fn by(fault: &StruckFault) -> Option<Damage> {
        match fault.kind {
            "truncate" => Some(Damage::HalfBody),
            "reset" if fault.text.contains("within the body") => Some(Damage::HalfBody),
            "invalidJson" => Some(Damage::InvalidJson),
            "emptyBody" => Some(Damage::EmptyBody),
            "wrongContentType" => Some(Damage::HtmlPage),
            "corruptGzip" => Some(Damage::CorruptGzip),
            "wrongLength" => Some(Damage::WrongLength),
            "garbage" => Some(Damage::Garbage),
            _ => None,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Damage::HalfBody => "half a body",
            Damage::InvalidJson => "invalid JSON",
            Damage::EmptyBody => "an empty body",
            Damage::HtmlPage => "an HTML page",
            Damage::CorruptGzip => "corrupt gzip",
            Damage::WrongLength => "a body of another length than announced",
            Damage::Garbage => "bytes that are no HTTP",
        }
    }
}

impl Exchange {
    /// What damaged the reply. One without a body (RFC 9110, 6.4.1) has none to be damaged.
    pub fn damage(&self) -> Option<Damage> {
        let has_body = self.method != Method::HEAD && takes_body(self.status);
        let damage = self.struck.iter().find_map(Damage::by);
        damage.filter(|damage| has_body || *damage == Damage::Garbage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{Seen, call, get, run};

    fn damage(seen: Seen) -> Option<Damage> {
        run("one").saw(seen).exchanges[0].damage()
    }

    #[test]
    fn a_reply_without_a_body_is_damaged_by_garbage_alone() {
        let bodiless = || call(Method::DELETE, "/posts/1", "").status(204);
        for kind in ["truncate", "invalidJson", "emptyBody", "wrongContentType", "corruptGzip", "wrongLength"] {
            assert!(damage(get("/posts").struck(kind)).is_some(), "{kind}");
            assert_eq!(damage(bodiless().struck(kind)), None, "{kind}");
            assert_eq!(damage(call(Method::HEAD, "/posts", "").struck(kind)), None, "{kind}");
        }
        assert_eq!(damage(bodiless().struck("garbage")), Some(Damage::Garbage));
        assert_eq!(damage(get("/posts").struck("latency").status(503)), None);
    }

    #[test]
    fn a_reset_damages_the_body_that_it_breaks_off() {
        let reset = |at: &str| {
            let written = serde_json::json!({"kind": "reset", "at": at, "effect": "done"});
            let fault = crate::world::fault::Fault::read(&written).expect("a fault");
            let mut run = run("one").saw(get("/posts").struck("reset").cut());
            run.exchanges[0].struck[0].text = fault.kind.to_string();
            run.exchanges[0].damage()
        };
        assert_eq!([reset("body"), reset("head"), reset("start")], [Some(Damage::HalfBody), None, None]);
    }
}
