//! What a client that stays until the end sees of a reply over HTTP/1.1.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Version};

use super::pace::Drip;
use super::script::{self, PLAY_TIME_MAX};
use crate::audit::observe::End;
use crate::call::{CutPoint, Reply, Wire};
use crate::server::write;

/// What comes of a reply, whatever its client's patience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It can be read whole, though it may be another than was meant.
    Whole(Reply),
    /// The connection ends before it does, or it is no HTTP.
    Broken,
}

/// What is seen, and how long after the call.
pub fn seen(mut reply: Reply, method: &Method) -> (Duration, Seen) {
    let bytes = time_of_bytes(&reply, method);
    let time = reply.delay + bytes.min(PLAY_TIME_MAX);
    if end_of(&reply, method) != End::Replied || bytes > PLAY_TIME_MAX {
        return (time, Seen::Broken);
    }
    reply.body = body_of(&reply, method);
    (reply.wire, reply.delay, reply.pace) = Default::default();
    (time, Seen::Whole(reply))
}

/// The bytes of the body that reach the client.
pub fn body_of(reply: &Reply, method: &Method) -> Bytes {
    let length = reply.body.len();
    let seen = match reply.wire {
        _ if !write::has_body(reply.status, method) => 0,
        Wire::Intact => length,
        Wire::Cut(Some(bytes)) | Wire::Reset(CutPoint::Body(bytes)) => bytes,
        Wire::Length(by) => length.saturating_add_signed(isize::try_from(by).unwrap_or(isize::MAX).min(0)),
        Wire::Cut(None) | Wire::Reset(CutPoint::Start | CutPoint::Head) | Wire::Hang | Wire::Garbage => 0,
    };
    reply.body.slice(..seen.min(length))
}

/// How the exchange ends.
pub fn end_of(reply: &Reply, method: &Method) -> End {
    let length = if write::has_body(reply.status, method) { reply.body.len() } else { 0 };
    match reply.wire {
        Wire::Intact => End::Replied,
        Wire::Cut(Some(bytes)) if bytes >= length => End::Replied,
        // Fewer bytes than there are make a whole reply of another body; what has no body misses none.
        Wire::Length(by) if by < 0 || !write::has_body(reply.status, method) => End::Replied,
        _ => End::Cut,
    }
}

/// How long the bytes take, or the wait for bytes that do not come.
fn time_of_bytes(reply: &Reply, method: &Method) -> Duration {
    if reply.wire == Wire::Hang {
        return PLAY_TIME_MAX;
    }
    let mut time = Duration::ZERO;
    if let Some(pace) = reply.pace.head {
        let head = write::response(reply.clone(), method, Version::HTTP_11, true);
        let head = script::head(Version::HTTP_11, head.status(), head.headers());
        time += Drip::at(pace).time_of(head.len());
    }
    if let Some(pace) = reply.pace.body {
        time += Drip::at(pace).time_of(body_of(reply, method).len());
    }
    time
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::call::Pace;

    fn reply(wire: Wire) -> Reply {
        let mut reply = Reply::new(StatusCode::OK);
        reply.body = Bytes::from_static(b"hello");
        reply.wire = wire;
        reply
    }

    #[track_caller]
    fn check(wire: Wire, method: Method, expected: Option<&str>) {
        let (_, seen) = seen(reply(wire), &method);
        let body = match &seen {
            Seen::Whole(reply) => {
                assert_eq!(reply.wire, Wire::Intact, "{wire:?}");
                Some(std::str::from_utf8(&reply.body).unwrap())
            }
            Seen::Broken => None,
        };
        assert_eq!(body, expected, "{wire:?} {method}");
    }

    #[test]
    fn what_is_damaged_below_http_is_broken_unless_a_whole_reply_is_left() {
        for wire in [
            Wire::Cut(None),
            Wire::Cut(Some(4)),
            Wire::Reset(CutPoint::Start),
            Wire::Reset(CutPoint::Head),
            Wire::Reset(CutPoint::Body(5)),
            Wire::Garbage,
            Wire::Hang,
            Wire::Length(1),
        ] {
            check(wire, Method::GET, None);
            assert_eq!(seen(reply(wire), &Method::GET).1, Seen::Broken);
        }
        check(Wire::Intact, Method::GET, Some("hello"));
        check(Wire::Cut(Some(5)), Method::GET, Some("hello"));
        check(Wire::Length(-2), Method::GET, Some("hel"));
        check(Wire::Length(-9), Method::GET, Some(""));
    }

    #[test]
    fn what_has_no_body_loses_none() {
        check(Wire::Intact, Method::HEAD, Some(""));
        check(Wire::Cut(Some(0)), Method::HEAD, Some(""));
        check(Wire::Length(3), Method::HEAD, Some(""));
        check(Wire::Cut(None), Method::HEAD, None);
    }

    #[test]
    fn delay_and_paces_add_up() {
        let mut slow = reply(Wire::Cut(Some(2)));
        slow.delay = Duration::from_secs(1);
        slow.pace = Pace { head: Some(1), body: Some(2) };
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n".len() as u64;
        assert_eq!(seen(slow, &Method::GET), (Duration::from_secs(1 + head + 1), Seen::Broken));
    }

    #[test]
    fn what_takes_too_long_breaks_off() {
        let longest = PLAY_TIME_MAX.as_secs() as usize;
        for (bytes, whole) in [(longest, true), (longest + 1, false)] {
            let mut slow = reply(Wire::Intact);
            slow.body = Bytes::from(vec![b'x'; bytes]);
            (slow.delay, slow.pace) = (Duration::from_secs(1), Pace { head: None, body: Some(1) });
            let (time, seen) = seen(slow, &Method::GET);
            assert_eq!((time, seen != Seen::Broken), (Duration::from_secs(1) + PLAY_TIME_MAX, whole), "{bytes} bytes");
        }
        assert_eq!(seen(reply(Wire::Hang), &Method::GET), (PLAY_TIME_MAX, Seen::Broken));
    }
}
