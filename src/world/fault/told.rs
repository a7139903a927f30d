//! A fault in words, as banner, log and journal tell it: `status 503, of createPost, 2 times`.

use std::fmt;

use super::occurrence::Moment;
use super::{Address, Fault, Occurrence};
use crate::words::shortened;

/// Most characters of a value that are told; a credential is told by its first ones alone.
const VALUE_CHARACTERS_MAX: usize = 40;
const CREDENTIAL_CHARACTERS_MAX: usize = 6;

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}{}", self.kind, self.address, self.occurrence)
    }
}

/// `, of createPost`, or nothing where everything is meant.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("of", &self.operation, VALUE_CHARACTERS_MAX),
            ("tagged", &self.tag, VALUE_CHARACTERS_MAX),
            ("by", &self.method, VALUE_CHARACTERS_MAX),
            ("on", &self.resource, VALUE_CHARACTERS_MAX),
            ("from", &self.credential, CREDENTIAL_CHARACTERS_MAX),
            ("for", &self.event, VALUE_CHARACTERS_MAX),
            ("to", &self.subscription, VALUE_CHARACTERS_MAX),
        ];
        for (word, asked, characters_max) in parts.into_iter().filter(|(_, asked, _)| !asked.is_empty()) {
            let texts: Vec<_> = asked.0.iter().map(|text| shortened(text, characters_max)).collect();
            write!(out, ", {word} {}", texts.join(" or "))?;
        }
        Ok(())
    }
}

/// `, 2 times`, or nothing where all are meant.
impl fmt::Display for Occurrence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(out, ", number {nth} alone")?;
        }
        if self.after > 0 {
            write!(out, ", after {} passed", self.after)?;
        }
        if let Some(every) = self.every {
            write!(out, ", one in {every}")?;
        }
        if let Some(share) = self.probability {
            write!(out, ", {}% of them", share * 100.0)?;
        }
        match self.times {
            None => {}
            Some(1) => out.write_str(", once")?,
            Some(times) => write!(out, ", {times} times")?,
        }
        for (word, moment) in [("from", self.from), ("until", self.until)] {
            match moment {
                None => {}
                Some(Moment::Since(ms)) => write!(out, ", {word} {} s on", ms as f64 / 1000.0)?,
                Some(moment) => write!(out, ", {word} {}", String::from(moment))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(fault: Value, told: &str) {
        assert_eq!(Fault::read(&fault).unwrap().to_string(), told);
    }

    #[test]
    fn a_fault_is_told_with_what_narrows_it() {
        check(json!({ "kind": "close" }), "closed before the reply");
        check(
            json!({ "kind": "status", "status": 503, "operation": ["createPost", "deletePost"], "times": 2, "after": 1 }),
            "status 503, of createPost or deletePost, after 1 passed, 2 times",
        );
        check(
            json!({ "kind": "close", "effect": "done", "probability": 0.25, "until": "PT1M" }),
            "closed before the reply, after the effect, 25% of them, until 60 s on",
        );
        check(
            json!({ "kind": "dropDelivery", "event": "post.sent", "nth": 2 }),
            "delivery dropped, for post.sent, number 2 alone",
        );
    }

    #[test]
    fn a_credential_is_not_told_in_full() {
        check(json!({ "kind": "close", "credential": "sk_live_0123456789" }), "closed before the reply, from sk_liv…");
    }
}
