//! What the name of a property, parameter or header says of its value, where the document says nothing more.

use crate::contract::plan::TimeForm;

/// The words of a name in lower case, a space between two: `nextPageToken`, `next_page_token` and `Next-Page-Token` have the same.
///
/// One text holds them all, since a name is looked at for each value of each body.
pub fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let (mut apart, mut before_is_small) = (false, false);
    for character in name.chars() {
        if !character.is_alphanumeric() {
            (apart, before_is_small) = (true, false);
            continue;
        }
        if (apart || character.is_uppercase() && before_is_small) && !words.is_empty() {
            words.push(' ');
        }
        match character.is_ascii() {
            true => words.push(character.to_ascii_lowercase()),
            false => words.extend(character.to_lowercase()),
        }
        (apart, before_is_small) = (false, character.is_lowercase() || character.is_ascii_digit());
    }
    words
}

/// What a name promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promise {
    /// An identifier of the thing in which it stands: `id`.
    OwnId,
    /// An identifier of another thing, by its name: `channelId` gives `channel`.
    IdOf(String),
    RequestId,
    Secret,
    Cursor,
    Signature,
    /// An instant, if the value looks like one.
    Instant,
    /// A number that depends on when one asks: seconds to wait, calls left.
    Counter,
    Nothing,
}

/// Reads a name.
pub fn promise(name: &str) -> Promise {
    let words = words(name);
    let words: Vec<&str> = words.split_terminator(' ').collect();
    let Some((last, before)) = words.split_last() else { return Promise::Nothing };
    if is_request_id(&words) {
        return Promise::RequestId;
    }
    if is_cursor(&words) {
        return Promise::Cursor;
    }
    if is_secret(&words) {
        return Promise::Secret;
    }
    if matches!(*last, "signature" | "hmac") {
        return Promise::Signature;
    }
    if let Some(thing) = identified(name, last, before) {
        return thing;
    }
    if is_counter(&words) {
        return Promise::Counter;
    }
    if is_instant(&words) { Promise::Instant } else { Promise::Nothing }
}

fn is_request_id(words: &[&str]) -> bool {
    let things = ["request", "trace", "correlation", "span", "invocation"];
    matches!(words, [.., thing, "id"] if things.contains(thing))
}

fn is_cursor(words: &[&str]) -> bool {
    let tokens = ["page", "next", "continuation", "previous", "prev", "sync"];
    match words {
        [.., kind, "token"] => tokens.contains(kind),
        [.., last] => *last == "cursor" || *last == "continuation",
        [] => false,
    }
}

fn is_secret(words: &[&str]) -> bool {
    let keys = ["api", "private", "secret", "signing", "access", "encryption"];
    let secrets = ["secret", "password", "passphrase", "passwd", "token", "jwt", "apikey"];
    match words {
        [.., kind, "key"] => keys.contains(kind),
        [.., last] => secrets.contains(last),
        [] => false,
    }
}

/// `Id` must start a word: neither `paid` nor `grid` is an identifier.
fn identified(name: &str, last: &str, before: &[&str]) -> Option<Promise> {
    let plural = matches!(last, "ids" | "uuids" | "guids");
    if !plural && !matches!(last, "id" | "uuid" | "guid" | "key") {
        return None;
    }
    if before.is_empty() {
        return (!plural).then_some(Promise::OwnId);
    }
    // `key` alone names a record; what ends in `Key` is too often a setting's name.
    if last == "key" || !name.is_ascii() {
        return None;
    }
    Some(Promise::IdOf(camel(before)))
}

/// Words as one name: `webhookDelivery`.
fn camel(words: &[&str]) -> String {
    let mut joined = String::new();
    for (place, word) in words.iter().enumerate() {
        let mut characters = word.chars();
        match characters.next().filter(|_| place > 0) {
            Some(first) => joined.extend(first.to_uppercase().chain(characters)),
            None => joined.push_str(word),
        }
    }
    if joined.starts_with(|first: char| first.is_ascii_alphabetic()) { joined } else { "id".to_owned() }
}

fn is_counter(words: &[&str]) -> bool {
    matches!(
        words,
        [.., "retry", "after"]
            | [.., "expires" | "expire" | "reset" | "resets" | "retry" | "available", "in"]
            | [.., "expires" | "expire" | "reset" | "resets" | "retry", "in" | "after", "seconds" | "ms" | "s"]
            | [.., "remaining" | "reset" | "ttl"]
            | [.., "seconds" | "ms" | "calls" | "requests", "left"]
            | ["elapsed" | "latency" | "took" | "uptime"]
            | [.., "elapsed" | "latency" | "took" | "uptime", "ms" | "seconds" | "milliseconds" | "s"]
    )
}

fn is_instant(words: &[&str]) -> bool {
    let alone = ["now", "iat", "exp", "nbf", "updated", "modified", "created"];
    let last = ["at", "timestamp", "datetime", "time", "expires", "expiry", "expiration"];
    match words {
        [word] if alone.contains(word) => true,
        // `at` by itself is a place as often as a time; the value decides.
        [.., word] => last.contains(word),
        [] => false,
    }
}

/// A name as a reference's word: `WebhookDelivery` is `webhookDelivery`.
pub fn reference_word(name: &str) -> String {
    let words = words(name);
    let words: Vec<&str> = words.split_terminator(' ').filter(|word| word.is_ascii()).collect();
    if words.is_empty() { "id".to_owned() } else { camel(&words) }
}

/// How a schema says that instants are written: by `format`, or in its description where it is an integer.
pub fn time_form(format: Option<&str>, description: &str) -> Option<TimeForm> {
    match format {
        Some("date-time") => return Some(TimeForm::Text),
        Some("unix-milliseconds" | "unix-time-ms" | "epoch-milliseconds") => return Some(TimeForm::Milliseconds),
        Some("unix-seconds" | "unix-time" | "epoch-seconds") => return Some(TimeForm::Seconds),
        _ => {}
    }
    let description = description.to_ascii_lowercase();
    let speaks_of = |word: &str| description.contains(word);
    if !["unix time", "unix epoch", "since the epoch", "epoch time", "unix milli", "unix second"]
        .into_iter()
        .any(speaks_of)
    {
        return None;
    }
    Some(if speaks_of("milli") { TimeForm::Milliseconds } else { TimeForm::Seconds })
}

/// A header that tells how a limit stands: its numbers depend on who asked before.
pub fn is_limit_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("ratelimit") || name.contains("rate-limit") || name.contains("quota")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_promise_what_they_say() {
        let of = |thing: &str| Promise::IdOf(thing.to_owned());
        let cases = [
            ("id", Promise::OwnId),
            ("_id", Promise::OwnId),
            ("key", Promise::OwnId),
            ("uuid", Promise::OwnId),
            ("channelId", of("channel")),
            ("webhook_delivery_id", of("webhookDelivery")),
            ("postIds", of("post")),
            ("userID", of("user")),
            ("paid", Promise::Nothing),
            ("grid", Promise::Nothing),
            ("valid", Promise::Nothing),
            ("ids", Promise::Nothing),
            ("settingKey", Promise::Nothing),
            ("request_id", Promise::RequestId),
            ("X-Request-Id", Promise::RequestId),
            ("traceId", Promise::RequestId),
            ("nextCursor", Promise::Cursor),
            ("next_page_token", Promise::Cursor),
            ("clientSecret", Promise::Secret),
            ("access_token", Promise::Secret),
            ("apiKey", Promise::Secret),
            ("password", Promise::Secret),
            ("createdAt", Promise::Instant),
            ("timestamp", Promise::Instant),
            ("expires_at", Promise::Instant),
            ("exp", Promise::Instant),
            ("expires_in", Promise::Counter),
            ("retry_after", Promise::Counter),
            ("retryAfterMs", Promise::Counter),
            ("resetsIn", Promise::Counter),
            ("x-limit-reset", Promise::Counter),
            ("requestsLeft", Promise::Counter),
            ("left", Promise::Nothing),
            ("checkedIn", Promise::Nothing),
            ("format", Promise::Nothing),
            ("at-a-glance", Promise::Nothing),
            ("count", Promise::Nothing),
            ("", Promise::Nothing),
            ("___", Promise::Nothing),
        ];
        for (name, promised) in cases {
            assert_eq!(promise(name), promised, "{name}");
        }
    }

    #[test]
    fn a_description_tells_how_an_integer_counts_time() {
        assert_eq!(time_form(Some("date-time"), ""), Some(TimeForm::Text));
        assert_eq!(time_form(None, "Unix time in milliseconds."), Some(TimeForm::Milliseconds));
        assert_eq!(time_form(None, "Seconds since the epoch"), Some(TimeForm::Seconds));
        assert_eq!(time_form(Some("int64"), "How many"), None);
    }
}
