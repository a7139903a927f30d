//! Faults where a reply has no connection of its own: HTTP/2, and calls in this process. Slow bodies of HTTP/1.1 are written so too.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;

use super::link::{Link, Medium};
use super::pace::Drip;
use super::script::{PLAY_TIME_MAX, head};
use super::slow_body::SlowBody;
use super::{Terms, end_of, length, script};
use crate::audit::observe::End;
use crate::call::{CutPoint, Reply, Wire};
use crate::server::watch::Following;
use crate::server::write::{self, CutHere, ReplyBody};

pub async fn perform(
    link: &Arc<Link>,
    medium: Medium,
    terms: &Terms,
    reply: Reply,
    following: Option<Following>,
) -> Result<Response<ReplyBody>, CutHere> {
    let (wire, pace, end) = (reply.wire, reply.pace, end_of(&reply, &terms.method));
    if wire == Wire::Garbage && medium == Medium::Http2 {
        link.break_in(script(terms, reply, following));
        return Err(CutHere);
    }
    let mut response = write::response(reply, &terms.method, terms.version, terms.closing);
    if let Some(pace) = pace.head {
        // Header blocks are compressed and come in one piece; so they come when their last byte would have.
        let head = head(terms.version, response.status(), response.headers());
        let time = Drip::at(pace).time_of(head.len());
        link.wait(medium, time.min(PLAY_TIME_MAX)).await?;
        if time > PLAY_TIME_MAX {
            following.into_iter().for_each(|following| following.finish(End::Cut));
            return Err(CutHere);
        }
    }
    if let Wire::Length(by) = wire {
        length::announce(response.headers_mut(), by);
    }
    let whole = std::mem::take(response.body_mut()).into_bytes();
    let (body, breaks) = match wire {
        Wire::Cut(Some(bytes)) | Wire::Reset(CutPoint::Body(bytes)) => {
            (whole.slice(..bytes.min(whole.len())), bytes < whole.len())
        }
        Wire::Intact | Wire::Length(_) => (whole, false),
        // Nothing of it is seen where there is a stream to reset; in this process the body breaks.
        Wire::Cut(None) | Wire::Reset(_) | Wire::Garbage | Wire::Hang if medium == Medium::None => (Bytes::new(), true),
        Wire::Cut(None) | Wire::Reset(_) | Wire::Garbage | Wire::Hang => {
            following.into_iter().for_each(|following| following.finish(end));
            return Err(CutHere);
        }
    };
    if body.is_empty() && !breaks {
        following.into_iter().for_each(|following| following.finish(end));
        return Ok(response);
    }
    let peer = link.watch_peer(medium);
    let body = SlowBody::new(body, pace.body, breaks).watching(peer).followed(following, end);
    *response.body_mut() = ReplyBody::Slow(Box::new(body));
    Ok(response)
}
