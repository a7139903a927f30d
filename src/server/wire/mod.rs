//! Faults below HTTP: replies that come late, slowly, in part, or not at all.
//!
//! hyper writes whole replies. What it cannot write is written here, byte by byte, past hyper:
//!
//! ```text
//! front ── reply with a fault ──> wire ──┬── HTTP/1.1: Script ──> Link ──> Tap gives the socket back ──> Script::play
//!                                        └── HTTP/2, no socket: a slow or broken body, or no answer (`stream`)
//! ```
//!
//! A [`tap::Tap`] lies between hyper and the socket (above TLS). As long as no fault wants the connection it passes everything on; with one,
//! it takes the socket away from hyper as soon as all earlier replies are written. One file for each fault says what is written in the
//! reply's place, and how the connection ends. On HTTP/1.1 a connection does not outlive a fault of the wire; a slow body alone, and a
//! late reply, leave it open.
//!
//! HTTP/2 has no connection of its own for a reply, so what would break it breaks the stream (RST_STREAM, RFC 9113, 5.4.2); each file says
//! how.

mod cut;
mod garbage;
mod hang;
mod length;
mod link;
mod pace;
mod reset;
mod script;
mod seen;
mod slow_body;
mod stream;
mod tap;

use std::sync::Arc;

use http::{Method, Response, Version};

use super::watch::Following;
use super::write::{self, CutHere, ReplyBody};
use crate::call::{Pace, Reply, Wire};

pub use link::{Link, Medium};
pub use script::Script;
pub use seen::{Seen, body_of, end_of, seen};
pub use slow_body::SlowBody;
pub use tap::{Socket, Tap};

/// What of the request decides how its reply is written.
#[derive(Debug, Clone)]
pub struct Terms {
    pub method: Method,
    pub version: Version,
    /// Is the connection to be closed after it, because the request could not be read to its end?
    pub closing: bool,
}

/// Is there nothing to perform but to write the reply?
pub fn is_plain(reply: &Reply) -> bool {
    reply.delay.is_zero() && reply.wire == Wire::Intact && reply.pace == Pace::default()
}

/// Performs a reply that is late, slow or damaged. An error breaks the connection off, or on HTTP/2 the stream.
pub async fn perform(
    link: &Arc<Link>,
    terms: &Terms,
    reply: Reply,
    following: Option<Following>,
) -> Result<Response<ReplyBody>, CutHere> {
    // Whoever leaves while it waits drops what follows the call, which is how the watch learns of it.
    let medium = link.medium(terms.version);
    link.wait(medium, reply.delay).await?;
    if reply.wire == Wire::Hang {
        return hang::perform(link, medium, following).await;
    }
    match medium {
        Medium::Http1 if reply.wire != Wire::Intact || reply.pace.head.is_some() => {
            link.take_over(script(terms, reply, following));
            std::future::pending().await
        }
        _ => stream::perform(link, medium, terms, reply, following).await,
    }
}

/// What becomes of a reply that breaks off before it begins where there is no connection to break.
pub fn broken() -> Response<ReplyBody> {
    let body = SlowBody::new(bytes::Bytes::new(), None, true);
    let mut response = Response::new(ReplyBody::Slow(Box::new(body)));
    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
    response
}

/// What HTTP/1.1 writes in the place of the reply.
fn script(terms: &Terms, reply: Reply, following: Option<Following>) -> Script {
    let (wire, pace, end) = (reply.wire, reply.pace, end_of(&reply, &terms.method));
    // A damaged reply does not announce that the connection ends with it; one that is only slow does.
    let closing = terms.closing || wire == Wire::Intact;
    let whole = write::response(reply, &terms.method, terms.version, closing);
    let mut script = Script::whole(whole, terms.version, pace, following, end);
    match wire {
        Wire::Intact | Wire::Hang => {}
        Wire::Cut(point) => cut::damage(&mut script, point),
        Wire::Reset(point) => reset::damage(&mut script, point),
        Wire::Garbage => garbage::damage(&mut script),
        Wire::Length(by) => length::damage(&mut script, by),
    }
    script
}
