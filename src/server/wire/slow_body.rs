//! A body that drips, or breaks off, as a stream of frames: what hyper can write by itself.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::link::PeerWatch;
use super::pace::Drip;
use super::script::PLAY_TIME_MAX;
use crate::audit::observe::End;
use crate::server::watch::Following;
use crate::server::write::CutHere;

/// How long a body that breaks waits before it does: the writer would lose what it has not flushed yet.
const FLUSH_PAUSE: Duration = Duration::from_millis(10);

/// Dropped before its end, it was left by its reader.
#[derive(Debug)]
pub struct SlowBody {
    rest: Bytes,
    /// All at once without.
    drip: Option<Drip>,
    /// Does the connection (or stream) break after the last byte?
    breaks: bool,
    sleep: Pin<Box<Sleep>>,
    /// When it is given up.
    deadline: Instant,
    /// Notices on HTTP/1.1 that the peer leaves.
    peer: Option<PeerWatch>,
    following: Option<Following>,
    end: End,
}

impl SlowBody {
    pub fn new(body: Bytes, pace: Option<u32>, breaks: bool) -> SlowBody {
        let now = Instant::now();
        SlowBody {
            rest: body,
            drip: pace.map(Drip::at),
            breaks,
            sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
            deadline: now + PLAY_TIME_MAX,
            peer: None,
            following: None,
            end: End::Replied,
        }
    }

    /// Ends when the peer leaves.
    pub fn watching(mut self, peer: Option<PeerWatch>) -> SlowBody {
        self.peer = peer;
        self
    }

    /// Tells the watch how it ended: so, or that its reader left.
    pub fn followed(mut self, following: Option<Following>, end: End) -> SlowBody {
        (self.following, self.end) = (following, end);
        self
    }

    pub fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutHere>>> {
        if self.peer.as_ref().is_some_and(PeerWatch::has_left) {
            return Poll::Ready(Some(Err(CutHere)));
        }
        ready!(self.sleep.as_mut().poll(context));
        if self.rest.is_empty() {
            return Poll::Ready(self.finish(self.end));
        }
        if Instant::now() >= self.deadline {
            self.breaks = true;
            return Poll::Ready(self.finish(End::Cut));
        }
        Poll::Ready(Some(Ok(Frame::data(self.next_slice()))))
    }

    fn next_slice(&mut self) -> Bytes {
        let slice = self.drip.map_or(self.rest.len(), |drip| drip.slice.min(self.rest.len()));
        let pause = self.drip.map_or(FLUSH_PAUSE, |drip| drip.pause);
        self.sleep.as_mut().reset(Instant::now() + pause);
        let slice = self.rest.split_to(slice);
        if self.is_over() {
            // Nobody asks for the end of a body whose announced length is written.
            let _ = self.finish(self.end);
        }
        slice
    }

    /// Is there nothing more to come, not even a break?
    pub fn is_over(&self) -> bool {
        self.rest.is_empty() && !self.breaks
    }

    fn finish(&mut self, end: End) -> Option<Result<Frame<Bytes>, CutHere>> {
        self.peer = None;
        if let Some(following) = self.following.take() {
            following.finish(end);
        }
        self.breaks.then_some(Err(CutHere))
    }

    pub fn size_hint(&self) -> SizeHint {
        // What breaks has no length: the announced one is another.
        if self.breaks { SizeHint::default() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
