//! Performs a reply: headers, body, and a wire that is cut on purpose.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use hyper::body::{Body, Frame, SizeHint};

use crate::call::{Reply, Wire};

/// The body of a response on its way out.
#[derive(Debug)]
pub enum ReplyBody {
    Whole(Bytes),
    /// These bytes of a longer body, then a broken connection.
    Cut {
        head: Bytes,
        paused: bool,
    },
}

/// The wire is cut on purpose.
#[derive(Debug)]
pub struct CutHere;

/// Marks a response whose connection is to be closed before the status line.
#[derive(Debug, Clone, Copy)]
pub struct CutBeforeStatus;

/// Makes the response. `closing` asks HTTP/1 to close the connection after it.
pub fn response(reply: Reply, method: &Method, version: Version, closing: bool) -> Response<ReplyBody> {
    let length = reply.body.len();
    let bodiless =
        reply.status.is_informational() || matches!(reply.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body = match reply.wire {
        Wire::Cut(Some(bytes)) if bytes < length => ReplyBody::Cut { head: reply.body.slice(..bytes), paused: false },
        Wire::Cut(None) => ReplyBody::Cut { head: Bytes::new(), paused: false },
        _ if *method == Method::HEAD || bodiless => ReplyBody::Whole(Bytes::new()),
        Wire::Cut(Some(_)) | Wire::Intact => ReplyBody::Whole(reply.body),
    };
    let mut response = Response::new(body);
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
    if reply.wire == Wire::Cut(None) {
        response.extensions_mut().insert(CutBeforeStatus);
    }
    response
}

/// Headers that say how bytes are framed: the rim's business alone.
fn of_the_wire(name: &HeaderName) -> bool {
    *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING || *name == CONNECTION
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = CutHere;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutHere>>> {
        match self.get_mut() {
            ReplyBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            ReplyBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            ReplyBody::Cut { head, .. } if !head.is_empty() => Poll::Ready(Some(Ok(Frame::data(std::mem::take(head))))),
            // The writer flushes what it has before it asks again; without the pause the head would be lost with the connection.
            ReplyBody::Cut { paused, .. } if !*paused => {
                *paused = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            ReplyBody::Cut { .. } => Poll::Ready(Some(Err(CutHere))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, ReplyBody::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Cut { .. } => SizeHint::default(),
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

    fn reply(wire: Wire) -> Reply {
        let mut reply = Reply::new(StatusCode::OK);
        reply.headers.push((HeaderName::from_static("x-a"), HeaderValue::from_static("1")));
        reply.headers.push((HeaderName::from_static("x-a"), HeaderValue::from_static("2")));
        reply.headers.push((CONTENT_LENGTH, HeaderValue::from_static("999")));
        reply.body = Bytes::from_static(b"hello");
        reply.wire = wire;
        reply
    }

    #[tokio::test]
    async fn headers_keep_their_order_and_framing_is_ours() {
        let response = response(reply(Wire::Intact), &Method::GET, Version::HTTP_11, false);
        let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }

    #[tokio::test]
    async fn head_has_the_length_but_no_body() {
        let response = response(reply(Wire::Intact), &Method::HEAD, Version::HTTP_11, true);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(response.headers()[CONNECTION], "close");
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn no_content_has_neither() {
        let mut none = reply(Wire::Intact);
        none.status = StatusCode::NO_CONTENT;
        let response = response(none, &Method::DELETE, Version::HTTP_2, true);
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert!(!response.headers().contains_key(CONNECTION));
        assert!(response.into_body().is_end_stream());
    }

    #[tokio::test]
    async fn a_cut_body_gives_its_first_bytes_and_then_breaks() {
        let response = response(reply(Wire::Cut(Some(2))), &Method::GET, Version::HTTP_11, false);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "he");
        assert!(body.frame().await.unwrap().is_err());
    }

    #[test]
    fn a_cut_before_the_status_is_marked() {
        let response = response(reply(Wire::Cut(None)), &Method::GET, Version::HTTP_11, false);
        assert!(response.extensions().get::<CutBeforeStatus>().is_some());
    }

    #[tokio::test]
    async fn a_cut_past_the_end_is_no_cut() {
        let response = response(reply(Wire::Cut(Some(5))), &Method::GET, Version::HTTP_11, false);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
}
