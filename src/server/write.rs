//! Makes the response of a reply: its headers and its body. What damages it on its way is the business of [`super::wire`].

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use hyper::body::{Body, Frame, SizeHint};

use super::wire::SlowBody;
use crate::call::{Reply, takes_body};

/// The body of a response on its way out.
#[derive(Debug)]
pub enum ReplyBody {
    Whole(Bytes),
    /// It drips, or breaks off.
    Slow(Box<SlowBody>),
}

/// The wire is cut on purpose.
#[derive(Debug)]
pub struct CutHere;

/// Makes the response. `closing` asks HTTP/1 to close the connection after it.
pub fn response(reply: Reply, method: &Method, version: Version, closing: bool) -> Response<ReplyBody> {
    let length = reply.body.len();
    let bodiless = !takes_body(reply.status);
    let body = if has_body(reply.status, method) { reply.body } else { Bytes::new() };
    let mut response = Response::new(ReplyBody::Whole(body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.reserve(reply.headers.len() + 1);
    for (name, value) in reply.headers.into_iter().filter(|(name, _)| !of_the_wire(name)) {
        headers.append(name, value);
    }
    if !bodiless {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if closing && version < Version::HTTP_2 {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Does the reply to this method have a body on the wire (RFC 9112, 6.3)?
pub fn has_body(status: StatusCode, method: &Method) -> bool {
    *method != Method::HEAD && takes_body(status)
}

/// Headers that say how bytes are framed: the rim's business alone.
fn of_the_wire(name: &HeaderName) -> bool {
    *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING || *name == CONNECTION
}

impl ReplyBody {
    /// All of a whole body; what drips is on its way already, and has none.
    pub fn into_bytes(self) -> Bytes {
        match self {
            ReplyBody::Whole(bytes) => bytes,
            ReplyBody::Slow(_) => Bytes::new(),
        }
    }
}

impl Default for ReplyBody {
    fn default() -> ReplyBody {
        ReplyBody::Whole(Bytes::new())
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = CutHere;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutHere>>> {
        match self.get_mut() {
            ReplyBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            ReplyBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            ReplyBody::Slow(body) => body.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ReplyBody::Whole(bytes) => bytes.is_empty(),
            ReplyBody::Slow(body) => body.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Slow(body) => body.size_hint(),
        }
    }
}

impl fmt::Display for CutHere {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for CutHere {}

impl From<Infallible> for CutHere {
    fn from(never: Infallible) -> CutHere {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn reply() -> Reply {
        let mut reply = Reply::new(StatusCode::OK);
        reply.headers.push((HeaderName::from_static("x-a"), HeaderValue::from_static("1")));
        reply.headers.push((HeaderName::from_static("x-a"), HeaderValue::from_static("2")));
        reply.headers.push((CONTENT_LENGTH, HeaderValue::from_static("999")));
        reply.body = Bytes::from_static(b"hello");
        reply
    }

    #[tokio::test]
    async fn headers_keep_their_order_and_framing_is_ours() {
        let response = response(reply(), &Method::GET, Version::HTTP_11, false);
        let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }

    #[tokio::test]
    async fn head_has_the_length_but_no_body() {
        let response = response(reply(), &Method::HEAD, Version::HTTP_11, true);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(response.headers()[CONNECTION], "close");
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn no_content_has_neither() {
        let mut none = reply();
        none.status = StatusCode::NO_CONTENT;
        let response = response(none, &Method::DELETE, Version::HTTP_2, true);
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert!(!response.headers().contains_key(CONNECTION));
        assert!(response.into_body().is_end_stream());
    }
}
