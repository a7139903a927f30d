//! What lies between hyper and a socket: it passes bytes on, until a fault wants the socket.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::link::{Link, Want};

/// Most bytes of further requests that are read while a reply is under way; then a peer that leaves is noticed later.
pub const AHEAD_BYTES_MAX: usize = 64 * 1024;
const READ_BYTES: usize = 1024;

/// A connection as HTTP sees it: TCP, with or without TLS.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl fmt::Debug for dyn Socket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tcp().fmt(out)
    }
}

#[derive(Debug)]
pub struct Tap<S> {
    /// `None` once it is taken.
    socket: Option<S>,
    /// Read while the peer was watched, and not yet by hyper.
    ahead: BytesMut,
    link: Arc<Link>,
}

impl<S: Socket> Tap<S> {
    pub fn new(socket: S, link: Arc<Link>) -> Tap<S> {
        Tap { socket: Some(socket), ahead: BytesMut::new(), link }
    }

    fn socket(&mut self) -> io::Result<Pin<&mut S>> {
        self.socket.as_mut().map(Pin::new).ok_or_else(taken)
    }

    /// Gives the socket away, which ends hyper's part.
    #[cold]
    fn hand_over(&mut self) -> io::Error {
        if let Some(socket) = self.socket.take() {
            self.link.hand_over(Box::new(socket));
        }
        taken()
    }

    /// Reads on while hyper does not, to see whether the peer is there.
    #[cold]
    fn watch_peer(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while !self.link.has_left() && self.ahead.len() < AHEAD_BYTES_MAX {
            let mut bytes = [0; READ_BYTES];
            let mut read = ReadBuf::new(&mut bytes);
            match self.socket()?.poll_read(context, &mut read) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.ahead.extend_from_slice(read.filled()),
                // It has closed its side, or broken the connection off.
                Poll::Ready(_) => {
                    self.link.leave();
                    // What waits for this is polled by the same task, and was polled before.
                    context.waker().wake_by_ref();
                }
            }
        }
        Ok(())
    }
}

#[cold]
fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "a fault has taken the connection")
}

impl<S: Socket> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let length = self.ahead.len().min(out.remaining());
            out.put_slice(&self.ahead[..length]);
            self.ahead.advance(length);
            return Poll::Ready(Ok(()));
        }
        self.socket()?.poll_read(context, out)
    }
}

impl<S: Socket> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.link.want() == Want::SocketNow {
            return Poll::Ready(Err(self.hand_over()));
        }
        self.socket()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.link.want() == Want::SocketNow {
            return Poll::Ready(Err(self.hand_over()));
        }
        self.socket()?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.as_ref().is_some_and(S::is_write_vectored)
    }

    /// hyper flushes whenever it has nothing left to write, also while it waits for a reply.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.link.want() {
            Want::Nothing => {}
            Want::PeerWatched => self.watch_peer(context)?,
            Want::SocketAfterFlush => {
                ready!(self.socket()?.poll_flush(context))?;
                return Poll::Ready(Err(self.hand_over()));
            }
            Want::SocketNow => return Poll::Ready(Err(self.hand_over())),
        }
        self.socket()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_shutdown(context)
    }
}
