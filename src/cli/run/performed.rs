//! A reply of the fake in this process, with what its faults would do to it on a socket.

use std::time::Duration;

use http::Method;

use crate::call::Reply;
use crate::scenario::run::{Failure, FailureKind, Received};
use crate::server::{Seen, seen};

/// What a client sees that waits no longer than `timeout`. No time goes by: what it would have taken is told.
pub fn performed(reply: Reply, method: &Method, timeout: Duration, received_at: i64) -> Received {
    let (time, seen) = seen(reply, method);
    match seen {
        Seen::Whole(reply) if time <= timeout => Received::Reply { reply, elapsed: time, received_at },
        Seen::Broken if time <= timeout => {
            let message = "the connection ended before the reply did".to_owned();
            Received::Failed(Failure { kind: FailureKind::Broken, message })
        }
        _ => {
            let message = format!("no reply within {} ms", timeout.as_millis());
            Received::Failed(Failure { kind: FailureKind::Timeout, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::call::{Pace, Wire};

    const TIMEOUT: Duration = Duration::from_secs(2);

    /// What is received of a reply, in words.
    fn received(change: impl FnOnce(&mut Reply)) -> String {
        let mut reply = Reply::new(StatusCode::OK);
        reply.body = bytes::Bytes::from_static(b"hello");
        change(&mut reply);
        match performed(reply, &Method::GET, TIMEOUT, 7) {
            Received::Reply { reply, elapsed, received_at: 7 } => {
                format!("{} after {} ms", String::from_utf8_lossy(&reply.body), elapsed.as_millis())
            }
            Received::Failed(failure) => format!("{:?}: {}", failure.kind, failure.message),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_reply_in_time_takes_as_long_as_it_would_on_a_socket() {
        assert_eq!(received(|_| {}), "hello after 0 ms");
        assert_eq!(received(|reply| reply.delay = TIMEOUT), "hello after 2000 ms");
        assert_eq!(received(|reply| reply.pace = Pace { head: None, body: Some(5) }), "hello after 1000 ms");
    }

    #[test]
    fn one_that_is_late_slow_or_never_comes_is_given_up() {
        let late = "Timeout: no reply within 2000 ms";
        assert_eq!(received(|reply| reply.delay = TIMEOUT + Duration::from_millis(1)), late);
        assert_eq!(received(|reply| reply.pace = Pace { head: None, body: Some(2) }), late);
        assert_eq!(received(|reply| reply.pace = Pace { head: Some(10), body: None }), late);
        assert_eq!(received(|reply| reply.wire = Wire::Hang), late);
    }

    #[test]
    fn one_that_breaks_off_is_broken_unless_its_client_gave_up_before() {
        let broken = "Broken: the connection ended before the reply did";
        assert_eq!(received(|reply| reply.wire = Wire::Cut(None)), broken);
        assert_eq!(received(|reply| reply.wire = Wire::Garbage), broken);
        let late = |reply: &mut Reply| (reply.wire, reply.delay) = (Wire::Cut(None), Duration::from_secs(3));
        assert_eq!(received(late), "Timeout: no reply within 2000 ms");
    }

    #[test]
    fn a_length_that_is_too_short_gives_the_beginning() {
        assert_eq!(received(|reply| reply.wire = Wire::Length(-2)), "hel after 0 ms");
    }
}
