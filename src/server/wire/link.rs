//! What a connection's front and its socket share.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::Version;

use super::script::Script;
use super::tap::Socket;
use crate::server::hub::Hub;
use crate::server::write::CutHere;

/// One connection, or none.
#[derive(Debug)]
pub struct Link {
    pub hub: Arc<Hub>,
    /// The connection's number, counted from 1; 0 where there is no socket.
    pub connection: u64,
    /// Has a request been read?
    asked: AtomicBool,
    want: AtomicU8,
    left: AtomicBool,
    taken: Mutex<Taken>,
}

/// What is handed over when the socket is taken from hyper.
#[derive(Debug, Default)]
struct Taken {
    script: Option<Script>,
    socket: Option<Box<dyn Socket>>,
}

/// What is wanted of the tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Want {
    /// Nothing: bytes pass through.
    Nothing = 0,
    /// To notice when the peer leaves, though hyper does not read while a reply is under way.
    PeerWatched = 1,
    /// The socket, as soon as everything that hyper has written before has gone out.
    SocketAfterFlush = 2,
    /// The socket, in the place of the next bytes.
    SocketNow = 3,
}

/// By what a reply goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Http1,
    Http2,
    /// In this process: [`super::super::app`].
    None,
}

/// As long as this lives, a peer that leaves is noticed.
#[derive(Debug)]
pub struct PeerWatch(Arc<Link>);

impl Link {
    /// No connection.
    pub fn none(hub: Arc<Hub>) -> Arc<Link> {
        Link::new(hub, 0)
    }

    pub fn new(hub: Arc<Hub>, connection: u64) -> Arc<Link> {
        Arc::new(Link {
            hub,
            connection,
            asked: AtomicBool::new(false),
            want: AtomicU8::new(Want::Nothing as u8),
            left: AtomicBool::new(false),
            taken: Mutex::default(),
        })
    }

    pub fn medium(&self, version: Version) -> Medium {
        match (self.connection, version) {
            (0, _) => Medium::None,
            (_, Version::HTTP_2) => Medium::Http2,
            _ => Medium::Http1,
        }
    }

    /// A request has been read.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn want(&self) -> Want {
        match self.want.load(Ordering::Acquire) {
            0 => Want::Nothing,
            1 => Want::PeerWatched,
            2 => Want::SocketAfterFlush,
            _ => Want::SocketNow,
        }
    }

    /// Waits so long; an error when the peer leaves before.
    pub async fn wait(self: &Arc<Link>, medium: Medium, time: Duration) -> Result<(), CutHere> {
        if time.is_zero() {
            return Ok(());
        }
        let _watch = self.watch_peer(medium);
        let mut sleep = std::pin::pin!(tokio::time::sleep(time));
        poll_fn(|context| match self.has_left() {
            true => Poll::Ready(Err(CutHere)),
            false => sleep.as_mut().poll(context).map(Ok),
        })
        .await
    }

    /// Notices when the peer leaves. On HTTP/1.1, where a reply is made by the task that polls its connection, which is woken then. HTTP/2
    /// reads all the time by itself, and drops what works on a stream that is gone.
    pub fn watch_peer(self: &Arc<Link>, medium: Medium) -> Option<PeerWatch> {
        if medium != Medium::Http1 {
            return None;
        }
        let _ = self.exchange(Want::Nothing, Want::PeerWatched);
        Some(PeerWatch(self.clone()))
    }

    pub fn has_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }

    /// The tap has seen the peer leave.
    pub fn leave(&self) {
        self.left.store(true, Ordering::Relaxed);
    }

    /// Plays a script in the place of a reply, once the replies before it are written.
    pub fn take_over(&self, script: Script) {
        self.request(script, Want::SocketAfterFlush);
    }

    /// Plays a script in the place of whatever would be written next.
    pub fn break_in(&self, script: Script) {
        self.request(script, Want::SocketNow);
    }

    /// The tap has let go of the socket.
    pub fn hand_over(&self, socket: Box<dyn Socket>) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).socket = Some(socket);
    }

    /// The socket that hyper has lost, and what to do with it.
    pub fn taken(&self) -> Option<(Script, Box<dyn Socket>)> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.script.take().zip(taken.socket.take())
    }

    fn request(&self, script: Script, want: Want) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection breaks once: of two streams of it, the first one's fault is played.
        if taken.script.is_none() {
            taken.script = Some(script);
        }
        drop(taken);
        self.want.store(want as u8, Ordering::Release);
    }

    fn exchange(&self, from: Want, to: Want) -> Result<u8, u8> {
        self.want.compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Relaxed)
    }
}

impl Drop for PeerWatch {
    fn drop(&mut self) {
        // Where the socket is wanted meanwhile, that stays so.
        let _ = self.0.exchange(Want::PeerWatched, Want::Nothing);
    }
}

impl PeerWatch {
    pub fn has_left(&self) -> bool {
        self.0.has_left()
    }
}
