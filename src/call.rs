//! HTTP as plain values: what a client sent, and what it gets.
//!
//! Nothing here knows a socket. The rim turns bytes into a [`Call`] and performs a [`Reply`]; everything between is a
//! pure function of values.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// All but the unreserved characters (RFC 3986, 2.3): what is percent-encoded in a part of a URL.
pub const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Room for the headers of most replies.
const HEADERS_EXPECTED: usize = 8;

/// One request, read completely.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    /// The path as sent (still percent-encoded), without the world's prefix: `/v1/posts/post_1`.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Why the body is missing although the client sent one; `body` is empty then.
    pub unread: Option<Unread>,
    /// Scheme, authority and world prefix by which the caller reached us: `http://127.0.0.1:4010/~alice`.
    /// Links in replies start with it.
    pub origin: String,
    /// Wall time at which the rim saw the call, in milliseconds since the Unix epoch. A frozen clock ignores it.
    pub received_at: i64,
}

/// What kept the rim from reading a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than this many bytes.
    TooLarge { limit: usize },
    /// The connection ended before the body did.
    Truncated,
    /// It did not arrive in time.
    Slow,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unread::TooLarge { limit } => write!(out, "Body must be at most {limit} bytes"),
            Unread::Truncated => write!(out, "Body ends before its announced length"),
            Unread::Slow => write!(out, "Body did not arrive in time"),
        }
    }
}

impl Call {
    /// A call as a test or an embedder writes it: no headers, no body, received at the epoch.
    pub fn new(method: Method, target: &str) -> Call {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target.to_owned(), None),
        };
        Call {
            method,
            path,
            query,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            unread: None,
            origin: "http://127.0.0.1:4010".to_owned(),
            received_at: 0,
        }
    }

    /// The whole URL: origin, path and query.
    pub fn url(&self) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{}{query}", self.origin, self.path)
    }

    /// A header's text, or `None` when it is absent or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// One response, and how the rim is to perform it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: StatusCode,
    /// In the order in which they are written.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// How long the rim waits before it writes the first byte.
    pub delay: Duration,
    pub pace: Pace,
    pub wire: Wire,
}

/// May a reply of this status have a body (RFC 9110, 6.4.1)?
pub fn takes_body(status: StatusCode) -> bool {
    !status.is_informational() && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// How fast the bytes go out, in bytes a second; at once where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Status line and headers.
    pub head: Option<u32>,
    pub body: Option<u32>,
}

/// What happens to the bytes on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wire {
    #[default]
    Intact,
    /// The connection is closed (FIN) after this many bytes of the body; `None` closes it before the status line.
    Cut(Option<usize>),
    /// The connection is broken off (RST).
    Reset(CutPoint),
    /// Nothing is written; the connection stays open until the peer closes it.
    Hang,
    /// Bytes that are no HTTP stand in for the reply; then the connection is closed.
    Garbage,
    /// The announced length is so many bytes more, or fewer, than the body's; the connection is closed after it.
    Length(i64),
}

/// How far a reply gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutPoint {
    /// Before its first byte.
    Start,
    /// Within its headers.
    Head,
    /// After this many bytes of its body.
    Body(usize),
}

impl Reply {
    pub fn new(status: StatusCode) -> Reply {
        Reply {
            status,
            headers: Vec::with_capacity(HEADERS_EXPECTED),
            body: Bytes::new(),
            delay: Duration::ZERO,
            pace: Pace::default(),
            wire: Wire::Intact,
        }
    }

    /// Puts a header in the place of all of its name; the last one, where there is none.
    pub fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        let first = self.headers.iter().position(|(known, _)| *known == name);
        self.headers.retain(|(known, _)| *known != name);
        self.headers.insert(first.unwrap_or(self.headers.len()), (name, value));
    }

    /// The first header of this name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.as_str().eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.to_str().ok())
    }
}

#[cfg(test)]
mod tests {
    use http::header::{ETAG, RETRY_AFTER, VARY};

    use super::*;

    #[test]
    fn a_header_that_is_set_stands_in_the_place_of_all_of_its_name() {
        let mut reply = Reply::new(StatusCode::OK);
        for (name, value) in [(VARY, "a"), (ETAG, "b"), (VARY, "c")] {
            reply.headers.push((name, HeaderValue::from_static(value)));
        }
        reply.set_header(VARY, HeaderValue::from_static("d"));
        reply.set_header(RETRY_AFTER, HeaderValue::from_static("1"));
        let told: Vec<&str> = reply.headers.iter().map(|(_, value)| value.to_str().unwrap()).collect();
        assert_eq!((told, reply.header("vary")), (vec!["d", "b", "1"], Some("d")));
    }
}
