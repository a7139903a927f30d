//! Replies pinned to idempotency keys, and keys whose first reply is still to come.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::LookedUp;
use super::state::base64_text;
use crate::call::Reply;

#[derive(Debug, Clone)]
pub struct Pinned {
    /// SHA-256 of the request that the reply answers.
    pub fingerprint: [u8; 32],
    pub reply: Reply,
    pub expires_at: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Replays {
    by_scope: LookedUp<Arc<str>, Arc<Pinned>>,
    /// What expires first stands first.
    expiry: imbl::OrdSet<(i64, Arc<str>)>,
    /// Bytes of bodies and scopes kept.
    bytes: usize,
    /// What the requests said that are performed and not yet answered, by scope. There are as many as replies held back.
    in_flight: imbl::OrdMap<Arc<str>, [u8; 32]>,
}

/// Most pinned replies kept; the one that expires first goes first.
pub const PINNED_MAX: usize = 100_000;
/// Most bytes of bodies kept over all pinned replies; the ones that expire first go first.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;

/// A pinned reply as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedReplay {
    scope: String,
    #[serde(with = "base64_text")]
    fingerprint: Option<Bytes>,
    expires_at: i64,
    status: u16,
    /// Names, and values that need not be text.
    headers: Vec<(String, SavedHeader)>,
    #[serde(with = "base64_text")]
    body: Option<Bytes>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedHeader(#[serde(with = "base64_text")] Option<Bytes>);

impl Replays {
    /// The pinned reply of a scope, if it has not expired.
    pub fn find(&self, scope: &str, now: i64) -> Option<&Pinned> {
        self.by_scope.get(scope).map(|pinned| &**pinned).filter(|pinned| pinned.expires_at > now)
    }

    /// Pins a reply and drops what has expired.
    pub fn pin(&mut self, scope: &str, pinned: Pinned, now: i64) {
        self.unpin(scope);
        while self.expiry.get_min().is_some_and(|(at, _)| *at <= now) {
            self.drop_first();
        }
        if pinned.expires_at <= now {
            return;
        }
        self.keep(scope, pinned);
    }

    /// What the request of a scope said whose reply is still to come.
    pub fn in_flight(&self, scope: &str) -> Option<&[u8; 32]> {
        self.in_flight.get(scope)
    }

    /// A request is performed, and its reply held back.
    pub fn take_off(&mut self, scope: &str, fingerprint: [u8; 32]) {
        self.in_flight.insert(scope.into(), fingerprint);
    }

    /// Its reply is made.
    pub fn land(&mut self, scope: &str) {
        self.in_flight.remove(scope);
    }

    /// Nobody is left who would make the replies held back: the world has taken another's place.
    pub fn ground(&mut self) {
        self.in_flight.clear();
    }

    pub fn len(&self) -> usize {
        self.by_scope.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn keep(&mut self, scope: &str, pinned: Pinned) {
        let scope: Arc<str> = scope.into();
        self.bytes += weight(&scope, &pinned);
        self.expiry.insert((pinned.expires_at, Arc::clone(&scope)));
        self.by_scope.insert(scope, Arc::new(pinned));
        while self.by_scope.len() > PINNED_MAX || self.bytes > BYTES_MAX {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, scope)) = self.expiry.get_min().cloned() {
            self.unpin(&scope);
        }
    }

    fn unpin(&mut self, scope: &str) {
        if let Some((scope, pinned)) = self.by_scope.remove_with_key(scope) {
            self.bytes -= weight(&scope, &pinned);
            self.expiry.remove(&(pinned.expires_at, scope));
        }
    }

    /// As they are written: what expires first stands first. Who waits for a reply does so in this process alone.
    pub(super) fn save(&self) -> Vec<SavedReplay> {
        let pinned = self.expiry.iter().filter_map(|(_, scope)| self.by_scope.get(scope).map(|pinned| (scope, pinned)));
        pinned.map(|(scope, pinned)| SavedReplay::of(scope, pinned)).collect()
    }

    pub(super) fn restore(saved: Vec<SavedReplay>) -> Result<Replays, String> {
        let mut replays = Replays::default();
        for replay in saved {
            let pinned = replay.pinned().map_err(|why| format!("the reply pinned to {:?}: {why}", replay.scope))?;
            replays.unpin(&replay.scope);
            replays.keep(&replay.scope, pinned);
        }
        Ok(replays)
    }
}

fn weight(scope: &str, pinned: &Pinned) -> usize {
    let headers = pinned.reply.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    scope.len() + pinned.reply.body.len() + headers.sum::<usize>()
}

impl SavedReplay {
    fn of(scope: &str, pinned: &Pinned) -> SavedReplay {
        let reply = &pinned.reply;
        let header = |(name, value): &(HeaderName, HeaderValue)| {
            (name.as_str().to_owned(), SavedHeader(Some(Bytes::copy_from_slice(value.as_bytes()))))
        };
        SavedReplay {
            scope: scope.to_owned(),
            fingerprint: Some(Bytes::copy_from_slice(&pinned.fingerprint)),
            expires_at: pinned.expires_at,
            status: reply.status.as_u16(),
            headers: reply.headers.iter().map(header).collect(),
            body: Some(reply.body.clone()),
        }
    }

    fn pinned(&self) -> Result<Pinned, String> {
        let bytes = |bytes: &Option<Bytes>| bytes.clone().unwrap_or_default();
        let fingerprint = <[u8; 32]>::try_from(&bytes(&self.fingerprint)[..]);
        let mut reply = Reply::new(StatusCode::from_u16(self.status).map_err(|error| error.to_string())?);
        for (name, SavedHeader(value)) in &self.headers {
            let header =
                HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("header {name:?}: {error}"))?;
            let value = HeaderValue::from_bytes(&bytes(value)).map_err(|error| format!("header {name:?}: {error}"))?;
            reply.headers.push((header, value));
        }
        reply.body = bytes(&self.body);
        let fingerprint = fingerprint.map_err(|_| "its fingerprint is not 32 bytes long".to_owned())?;
        Ok(Pinned { fingerprint, reply, expires_at: self.expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(body: &'static str, expires_at: i64) -> Pinned {
        let mut reply = Reply::new(StatusCode::CREATED);
        reply.body = Bytes::from_static(body.as_bytes());
        Pinned { fingerprint: [7; 32], reply, expires_at }
    }

    #[test]
    fn a_pinned_reply_is_found_until_it_expires() {
        let mut replays = Replays::default();
        replays.pin("key", pinned("one", 100), 0);
        assert_eq!(replays.find("key", 99).map(|pinned| &pinned.reply.body[..]), Some(&b"one"[..]));
        assert!(replays.find("key", 100).is_none());
        assert!(replays.find("other", 0).is_none());
    }

    #[test]
    fn pinning_again_replaces_and_expired_ones_are_dropped() {
        let mut replays = Replays::default();
        replays.pin("a", pinned("one", 100), 0);
        replays.pin("b", pinned("two", 200), 0);
        replays.pin("b", pinned("three", 300), 150);
        assert_eq!(replays.len(), 1);
        assert_eq!(replays.find("b", 250).map(|pinned| &pinned.reply.body[..]), Some(&b"three"[..]));
        assert_eq!((replays.expiry.len(), replays.bytes), (1, "bthree".len()));
        replays.pin("c", pinned("late", 300), 300);
        assert!(replays.is_empty());
        assert_eq!((replays.expiry.len(), replays.bytes), (0, 0));
    }

    #[test]
    fn bytes_are_bounded_and_what_expires_first_goes_first() {
        let mut replays = Replays::default();
        let big = |expires_at| Pinned {
            reply: Reply { body: Bytes::from(vec![0; BYTES_MAX / 4]), ..Reply::new(StatusCode::OK) },
            ..pinned("", expires_at)
        };
        for at in 1..=6 {
            replays.pin(&format!("key {at}"), big(at), 0);
        }
        assert_eq!(replays.len(), 3);
        assert!(replays.find("key 3", 0).is_none() && replays.find("key 4", 0).is_some());
    }

    #[test]
    fn a_key_is_in_flight_until_it_lands_and_not_in_what_is_written() {
        let mut replays = Replays::default();
        replays.take_off("key", [7; 32]);
        replays.take_off("other", [8; 32]);
        assert_eq!((replays.in_flight("key"), replays.in_flight("none")), (Some(&[7; 32]), None));
        assert!(replays.find("key", 0).is_none() && replays.save().is_empty());
        replays.land("key");
        assert_eq!((replays.in_flight("key"), replays.in_flight("other")), (None, Some(&[8; 32])));
        replays.ground();
        assert_eq!(replays.in_flight("other"), None);
    }
}
