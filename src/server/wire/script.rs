//! What is written in the place of a reply, past hyper, and how the connection ends.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pace::Drip;
use super::tap::Socket;
use crate::audit::observe::End;
use crate::call::Pace;
use crate::server::watch::Following;
use crate::server::write::ReplyBody;
use crate::world::fault::kind::PLAY_MS_MAX;

/// Longest time that a reply's bytes may take, however slow it is meant to be or its reader is; then the connection is closed.
pub const PLAY_TIME_MAX: Duration = Duration::from_millis(PLAY_MS_MAX);
/// How long a closed connection is read on: closing a socket with unread bytes would reset it (RFC 9112, 9.6).
const LINGER_TIME_MAX: Duration = Duration::from_secs(1);
/// How long the bytes before a reset have to arrive: a reset may overtake them, and throw away what was not read.
const RESET_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 1024;

#[derive(Debug)]
pub struct Script {
    version: Version,
    status: StatusCode,
    pub headers: HeaderMap,
    /// Status line and headers, as they are written.
    pub head: Bytes,
    pub body: Bytes,
    pub pace: Pace,
    pub ending: Ending,
    /// How the exchange is told to have ended when the script was played to its end.
    pub end: End,
    following: Option<Following>,
}

/// How the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In good order: FIN, and before it TLS's `close_notify`.
    Close,
    /// RST.
    Reset,
}

impl Script {
    /// The whole of a response.
    pub fn whole(
        response: Response<ReplyBody>,
        version: Version,
        pace: Pace,
        following: Option<Following>,
        end: End,
    ) -> Script {
        let (parts, body) = response.into_parts();
        let mut script = Script {
            version,
            status: parts.status,
            headers: parts.headers,
            head: Bytes::new(),
            body: body.into_bytes(),
            pace,
            ending: Ending::Close,
            end,
            following,
        };
        script.rewrite_head();
        script
    }

    /// Makes the head anew, from headers that were changed.
    pub fn rewrite_head(&mut self) {
        self.head = head(self.version, self.status, &self.headers);
    }

    /// The connection ends before the first byte.
    pub fn write_nothing(&mut self) {
        self.head.clear();
        self.body.clear();
    }

    /// Writes it all and ends the connection. When the peer leaves before, the watch is told so.
    pub async fn play(mut self, mut socket: Box<dyn Socket>) {
        let following = self.following.take();
        match tokio::time::timeout(PLAY_TIME_MAX, self.write(&mut socket)).await {
            Ok(Ok(())) => {}
            // Dropping what follows the call tells that its client left.
            Ok(Err(_)) => return,
            Err(_) => self.end = End::Cut,
        }
        if let Some(following) = following {
            following.finish(self.end);
        }
        match self.ending {
            Ending::Close => close(socket).await,
            Ending::Reset => {
                if !self.head.is_empty() {
                    tokio::time::sleep(RESET_PAUSE).await;
                }
                // A socket without the option is closed in good order, which is all that is left to do with it.
                let _ = socket.tcp().set_zero_linger();
            }
        }
    }

    async fn write(&self, socket: &mut Box<dyn Socket>) -> io::Result<()> {
        drip(socket, &self.head, self.pace.head).await?;
        drip(socket, &self.body, self.pace.body).await
    }
}

/// Status line and headers as hyper writes them (RFC 9112, 4 and 5).
pub fn head(version: Version, status: StatusCode, headers: &HeaderMap) -> Bytes {
    let version = if version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" };
    let reason = status.canonical_reason().unwrap_or("<none>");
    let mut head = format!("{version} {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head.into()
}

/// Writes bytes at a pace; an error when the peer leaves meanwhile.
async fn drip(socket: &mut Box<dyn Socket>, bytes: &[u8], pace: Option<u32>) -> io::Result<()> {
    let Some(drip) = pace.map(Drip::at) else {
        socket.write_all(bytes).await?;
        return socket.flush().await;
    };
    for slice in bytes.chunks(drip.slice) {
        socket.write_all(slice).await?;
        socket.flush().await?;
        tokio::select! {
            () = tokio::time::sleep(drip.pause) => {}
            () = gone(socket) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
    Ok(())
}

/// Ready when the peer has closed its side. What it sends until then is not read by anyone: the connection ends.
async fn gone(socket: &mut Box<dyn Socket>) {
    let mut bytes = [0; READ_BYTES];
    while !matches!(socket.read(&mut bytes).await, Ok(0) | Err(_)) {}
}

async fn close(mut socket: Box<dyn Socket>) {
    if socket.shutdown().await.is_ok() {
        let _ = tokio::time::timeout(LINGER_TIME_MAX, gone(&mut socket)).await;
    }
}
