//! Reads a request's body: up to a limit, within a time.

use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::call::Unread;

/// Most bytes of a body of JSON or form fields.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of any other body, where the document declares no larger one: an upload of 10 MB and what multipart puts around it.
pub const UPLOAD_BYTES_MAX: usize = 11 * 1024 * 1024;
/// Bytes that multipart may put around the largest upload that the document declares.
pub const UPLOAD_MARGIN_BYTES: usize = 1024 * 1024;
/// Most bytes of any body, whatever the document declares: bodies are held in memory.
pub const BODY_BYTES_CAP: usize = 512 * 1024 * 1024;
/// Longest time a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Most bytes of a body over its limit that are read and thrown away, so that the client finishes sending and sees the answer
/// instead of a reset connection.
pub const DISCARD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How the names of media types end whose content is JSON (RFC 6839, 3.1).
const JSON_SUFFIX: &[u8] = b"+json";

/// How many bytes a body may have that is neither JSON nor form fields; `declared` is the most that the document lets any upload have.
pub fn upload_limit(declared: Option<u64>) -> usize {
    let declared = usize::try_from(declared.unwrap_or_default()).unwrap_or(usize::MAX);
    declared.saturating_add(UPLOAD_MARGIN_BYTES).clamp(UPLOAD_BYTES_MAX, BODY_BYTES_CAP)
}

/// How many bytes the body of such a request may have; `uploads` is the limit of those that are neither JSON nor form fields.
pub fn limit(headers: &HeaderMap, uploads: usize) -> usize {
    let Some(Ok(media)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return BODY_BYTES_MAX };
    let name = media.split(';').next().unwrap_or_default().trim();
    let suffix = &name.as_bytes()[name.len().saturating_sub(JSON_SUFFIX.len())..];
    let structured = name.eq_ignore_ascii_case("application/json")
        || suffix.eq_ignore_ascii_case(JSON_SUFFIX)
        || name.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if structured { BODY_BYTES_MAX } else { uploads }
}

/// The whole body, or why there is none.
pub async fn read<B>(body: B, headers: &HeaderMap, limit: usize) -> Result<Bytes, Unread>
where
    B: Body<Data = Bytes>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > (limit + DISCARD_BYTES_MAX) as u64) {
        return Err(Unread::TooLarge { limit });
    }
    // A client that asks first is told without having sent anything: reading would tell it to go on.
    if announced.is_some_and(|length| length > limit as u64) && headers.contains_key(EXPECT) {
        return Err(Unread::TooLarge { limit });
    }
    let mut collecting = std::pin::pin!(collect(body, limit));
    // Most bodies came with their head, and need no timer.
    let first_look = std::future::poll_fn(|context| Poll::Ready(collecting.as_mut().poll(context)));
    match first_look.await {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => tokio::time::timeout(BODY_TIME_MAX, collecting).await.unwrap_or(Err(Unread::Slow)),
    }
}

async fn collect<B>(body: B, limit: usize) -> Result<Bytes, Unread>
where
    B: Body<Data = Bytes>,
{
    let mut body = std::pin::pin!(body);
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    let mut length = 0usize;
    while let Some(frame) = body.as_mut().frame().await {
        let Ok(frame) = frame else { return Err(Unread::Truncated) };
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > limit.saturating_add(DISCARD_BYTES_MAX) {
            break;
        }
        if length > limit {
            (first, joined) = (Bytes::new(), BytesMut::new());
        } else if first.is_empty() && joined.is_empty() {
            // Nearly every body arrives in one piece, which is kept as it is.
            first = data;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&data);
        }
    }
    match length {
        _ if length > limit => Err(Unread::TooLarge { limit }),
        _ if joined.is_empty() => Ok(first),
        _ => Ok(joined.freeze()),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::Full;
    use hyper::body::Frame;

    use super::*;

    /// A body in given pieces; `None` never arrives.
    struct Pieces(Vec<Option<Result<&'static str, &'static str>>>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
            if self.0.is_empty() {
                return Poll::Ready(None);
            }
            match self.0.remove(0) {
                Some(piece) => Poll::Ready(Some(piece.map(|text| Frame::data(Bytes::from_static(text.as_bytes()))))),
                None => Poll::Pending,
            }
        }
    }

    #[tokio::test]
    async fn pieces_are_joined() {
        let body = Pieces(vec![Some(Ok("ab")), Some(Ok("")), Some(Ok("cd")), Some(Ok("e"))]);
        assert_eq!(read(body, &HeaderMap::new(), 5).await, Ok(Bytes::from_static(b"abcde")));
    }

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        let full = |text: &'static str| Full::<Bytes>::from(text);
        assert_eq!(read(full("abc"), &HeaderMap::new(), 3).await, Ok(Bytes::from_static(b"abc")));
        assert_eq!(read(full("abcd"), &HeaderMap::new(), 3).await, Err(Unread::TooLarge { limit: 3 }));
        let body = Pieces(vec![Some(Ok("abc")), Some(Ok("d")), Some(Ok("ef"))]);
        assert_eq!(read(body, &HeaderMap::new(), 3).await, Err(Unread::TooLarge { limit: 3 }));
    }

    #[tokio::test]
    async fn an_announced_excess_is_refused_before_reading_when_the_client_asked() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "10".parse().unwrap());
        headers.insert(EXPECT, "100-continue".parse().unwrap());
        assert_eq!(read(Pieces(vec![None]), &headers, 3).await, Err(Unread::TooLarge { limit: 3 }));
    }

    #[tokio::test]
    async fn a_broken_body_is_truncated() {
        let body = Pieces(vec![Some(Ok("ab")), Some(Err("reset"))]);
        assert_eq!(read(body, &HeaderMap::new(), 5).await, Err(Unread::Truncated));
    }

    #[tokio::test]
    async fn uploads_may_be_longer_than_json() {
        let mut headers = HeaderMap::new();
        assert_eq!(limit(&headers, UPLOAD_BYTES_MAX), BODY_BYTES_MAX);
        headers.insert(CONTENT_TYPE, "application/problem+JSON; charset=utf-8".parse().unwrap());
        assert_eq!(limit(&headers, UPLOAD_BYTES_MAX), BODY_BYTES_MAX);
        headers.insert(CONTENT_TYPE, "multipart/form-data; boundary=x".parse().unwrap());
        assert_eq!(limit(&headers, UPLOAD_BYTES_MAX), UPLOAD_BYTES_MAX);
        let empty = http_body_util::Empty::<Bytes>::new();
        let nothing: Result<Bytes, Infallible> = Ok(Bytes::new());
        assert_eq!(read(empty, &headers, 0).await.ok(), nothing.ok());
    }

    #[test]
    fn uploads_may_be_as_long_as_the_document_says_within_bounds() {
        const MIB: u64 = 1024 * 1024;
        let limits = [None, Some(MIB), Some(100 * MIB), Some(900 * MIB), Some(u64::MAX)].map(upload_limit);
        assert_eq!(limits, [11, 11, 101, 512, 512].map(|mebibytes| mebibytes * 1024 * 1024));
    }
}
