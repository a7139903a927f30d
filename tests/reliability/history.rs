//! What the test itself saw happen in one world, counted by no code of ours.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use standin::call::{Call, Reply};
use standin::world::outbox::Outcome;

const DAY_MS: i64 = 86_400_000;
const PINNED_FOR_MS: i64 = DAY_MS;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    pub calls: u64,
    pub errors: u64,
    pub posts: u64,
}

#[derive(Debug, Clone, Default)]
pub struct History {
    pub days: BTreeMap<i64, Day>,
    /// Each post's state, as replies and the journal told it.
    pub posts: BTreeMap<String, String>,
    pinned: BTreeMap<Scope, Pinned>,
    /// By the delivery's log: attempts that receivers saw, and the last answer.
    pub attempts: BTreeMap<String, (u64, Outcome)>,
}

/// Who used which key where.
type Scope = (HeaderValue, String, HeaderValue);

#[derive(Debug, Clone)]
struct Pinned {
    at: i64,
    query: Option<String>,
    kind: Option<HeaderValue>,
    request: Bytes,
    reply: Reply,
}

/// The endpoints that honour an idempotency key.
const KEYED: [&str; 6] =
    ["/v1/posts", "/v1/posts/batch", "/v1/channels", "/v1/webhooks", "/v1/api-keys", "/v1/media/upload"];

impl History {
    /// A call by somebody known was answered.
    pub fn count_call(&mut self, now: i64, status: u16) {
        let day = self.days.entry(now.div_euclid(DAY_MS)).or_default();
        day.calls += 1;
        day.errors += u64::from(status >= 400);
    }

    /// The posts that a reply says were made.
    pub fn count_posts(&mut self, now: i64, operation: &str, body: &Value) {
        let made: Vec<&Value> = match operation {
            "createPost" => vec![&body["data"]],
            "batchCreatePosts" => {
                body["data"]["results"].as_array().into_iter().flatten().map(|result| &result["post"]).collect()
            }
            _ => return,
        };
        for post in made.into_iter().filter(|post| post.is_object()) {
            let id = post["id"].as_str().expect("a post has an id").to_owned();
            assert_eq!(post["status"], "queued", "a new post is queued: {post}");
            self.days.entry(now.div_euclid(DAY_MS)).or_default().posts += 1;
            assert_eq!(self.posts.insert(id, "queued".to_owned()), None, "an id is given out once: {post}");
        }
    }

    /// A post changed its state on its own.
    pub fn moved(&mut self, id: &str, from: &str, to: &str) {
        let legal = [
            ("queued", "flowing"),
            ("queued", "blocked"),
            ("flowing", "queued"),
            ("flowing", "done"),
            ("flowing", "blocked"),
        ];
        assert!(legal.contains(&(from, to)), "post {id} went from {from} to {to}");
        let known = self.posts.insert(id.to_owned(), to.to_owned());
        assert_eq!(known.as_deref(), Some(from), "post {id} went from {from} to {to}");
    }

    pub fn count_attempt(&mut self, log: String, outcome: Outcome) {
        let seen = self.attempts.entry(log).or_insert((0, outcome.clone()));
        *seen = (seen.0 + 1, outcome);
    }

    /// Checks a reply against the first one that its key got, and keeps it when it is the first. True when it was a replay.
    pub fn idempotent(&mut self, now: i64, call: &Call, reply: &Reply, made: i64) -> bool {
        let replayed = reply.header("idempotent-replayed").is_some();
        let Some(scope) = scope(call) else {
            assert!(!replayed, "a replay without a key");
            return false;
        };
        self.pinned.retain(|_, pinned| now < pinned.at + PINNED_FOR_MS);
        let first = self.pinned.get(&scope);
        let same = first.is_some_and(|first| {
            let kind = call.headers.get("content-type");
            first.request == call.body && first.query == call.query && first.kind.as_ref() == kind
        });
        match first {
            Some(first) if same && call.unread.is_none() => {
                assert!(
                    reply.status.is_success() || matches!(reply.status.as_u16(), 401 | 403 | 429),
                    "a known key's request is answered as before, not with {}",
                    reply.status
                );
                if reply.status.is_success() {
                    assert_eq!((reply.status, &reply.body), (first.reply.status, &first.reply.body));
                    assert!(replayed, "a replay says so");
                }
                assert_eq!(made, 0, "a replay makes nothing");
            }
            Some(first) if replayed => {
                assert_eq!((reply.status, &reply.body), (first.reply.status, &first.reply.body));
                assert_eq!(made, 0, "a replay makes nothing");
            }
            _ => {
                assert!(!replayed, "nothing to replay");
                if first.is_none() && reply.status.is_success() {
                    let pinned = Pinned {
                        at: now,
                        query: call.query.clone(),
                        kind: call.headers.get("content-type").cloned(),
                        request: call.body.clone(),
                        reply: reply.clone(),
                    };
                    self.pinned.insert(scope, pinned);
                }
            }
        }
        replayed
    }
}

fn scope(call: &Call) -> Option<Scope> {
    let keyed = call.method == "POST" && KEYED.contains(&call.path.as_str());
    let key = call.headers.get("idempotency-key").filter(|_| keyed)?;
    Some((call.headers.get("authorization")?.clone(), call.path.clone(), key.clone()))
}
