//! Uploads: real multipart bodies in, the same bytes out.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use standin::call::{Call, Reply, Unread};
use standin::engine;

use crate::helpers::{NOW, not_found, refused};
use crate::support::{Answer, Fake, header};

const BOUNDARY: &str = "----standin7MA4YWxk";
const LIMIT: usize = 10 * 1024 * 1024;

/// One part as clients write it.
fn part(headers: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn file(filename: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    part(
        &format!("Content-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\nContent-Type: {kind}"),
        content,
    )
}

fn body(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    bytes
}

fn call(fake: &Fake, content_type: &str, body: impl Into<Bytes>) -> Call {
    let mut call = header(fake.prepare("POST", "/v1/media/upload", None), "content-type", content_type);
    call.body = body.into();
    call
}

fn send(fake: &mut Fake, body: impl Into<Bytes>) -> Answer {
    let call = call(fake, &format!("multipart/form-data; boundary={BOUNDARY}"), body);
    Answer::of(fake.send(&call))
}

fn upload(fake: &mut Fake, filename: &str, kind: &str, content: &[u8]) -> Answer {
    send(fake, body(&[file(filename, kind, content)]))
}

/// The bytes behind an upload's `url`.
fn download(fake: &Fake, url: &str) -> Option<Reply> {
    let path = url.strip_prefix("http://127.0.0.1:4010/_standin/").unwrap_or_else(|| panic!("{url} leads away"));
    engine::own_page(&fake.contract, &fake.world, path, &Call::new(Method::GET, "/"))
}

/// Refused with a code of its own.
#[track_caller]
fn refused_as(answer: &Answer, code: &str, message: &str) {
    assert_eq!(answer.status, 400, "{:#}", answer.body);
    let error = json!({
        "type": "validation_error", "message": "Invalid request", "code": code,
        "details": [{"field": "file", "message": message}],
    });
    assert_eq!(answer.at("/error"), &error, "{:#}", answer.body);
}

#[test]
fn an_upload_is_described_and_its_bytes_are_kept_as_they_came() {
    let mut fake = Fake::flow();
    let mut content: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    content.extend_from_slice(format!("--{BOUNDARY}--\r\n--other\r\n--\r\n").as_bytes());
    let made = upload(&mut fake, "holiday.jpg", "image/jpeg", &content).expect(201);
    let key = made.text("/data/key");
    let media = json!({
        "key": key, "url": format!("http://127.0.0.1:4010/_standin/bytes/media/{key}"), "filename": "holiday.jpg",
        "contentType": "image/jpeg", "size": content.len(), "createdAt": NOW,
    });
    assert!(key.starts_with("media_"), "{key}");
    assert_eq!(made.at("/data"), &media);
    assert_eq!(fake.get(&format!("/v1/media/{key}")).expect(200).at("/data"), &media);
    let reply = download(&fake, &made.text("/data/url")).expect("the bytes");
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, Some("image/jpeg")));
    assert!(reply.body == content, "the bytes are others");
}

#[test]
fn six_types_are_taken() {
    let mut fake = Fake::flow();
    for kind in ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/quicktime"] {
        assert_eq!(upload(&mut fake, "a", kind, b"x").expect(201).at("/data/contentType"), kind);
    }
    assert_eq!(upload(&mut fake, "a", "IMAGE/PNG; q=1", b"x").expect(201).at("/data/contentType"), "image/png");
}

#[test]
fn other_types_are_refused() {
    let mut fake = Fake::flow();
    let message = "File must be image/jpeg, image/png, image/gif, image/webp, video/mp4, video/quicktime";
    for kind in ["image/svg+xml", "text/plain", "application/octet-stream", "image/*", "video/webm"] {
        refused_as(&upload(&mut fake, "a.jpg", kind, b"x"), "UNSUPPORTED_MEDIA_TYPE", message);
    }
    let untyped = part("Content-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"", b"x");
    refused_as(&send(&mut fake, body(&[untyped])), "UNSUPPORTED_MEDIA_TYPE", message);
    let plain_field = part("Content-Disposition: form-data; name=\"file\"", b"x");
    refused_as(&send(&mut fake, body(&[plain_field])), "UNSUPPORTED_MEDIA_TYPE", message);
}

#[test]
fn ten_mebibytes_are_taken_and_one_byte_more_is_refused() {
    let mut fake = Fake::flow();
    let mut content = vec![7_u8; LIMIT];
    let made = upload(&mut fake, "film.mp4", "video/mp4", &content).expect(201);
    assert_eq!(made.at("/data/size"), &json!(LIMIT));
    assert_eq!(download(&fake, &made.text("/data/url")).expect("the bytes").body.len(), LIMIT);
    content.push(7);
    let answer = upload(&mut fake, "film.mp4", "video/mp4", &content);
    refused_as(&answer, "MEDIA_TOO_LARGE", "File must be at most 10485760 bytes");
}

#[test]
fn a_body_that_was_not_read_to_its_end_is_refused() {
    let mut fake = Fake::flow();
    let mut unread = call(&fake, &format!("multipart/form-data; boundary={BOUNDARY}"), "");
    unread.unread = Some(Unread::TooLarge { limit: 16_000_000 });
    let answer = Answer::of(fake.send(&unread)).expect(400);
    assert_eq!(answer.at("/error/code"), "MEDIA_TOO_LARGE");
    assert_eq!(answer.at("/error/details/0/message"), "Body must be at most 16000000 bytes");
    unread.unread = Some(Unread::Truncated);
    refused(&Answer::of(fake.send(&unread)), "body", "Body ends before its announced length");
}

#[test]
fn a_file_may_be_empty() {
    let mut fake = Fake::flow();
    let made = upload(&mut fake, "empty.png", "image/png", b"").expect(201);
    assert_eq!(made.at("/data/size"), &json!(0));
    assert!(download(&fake, &made.text("/data/url")).expect("no bytes").body.is_empty());
}

#[test]
fn a_file_must_be_there_once_and_other_parts_do_not_matter() {
    let mut fake = Fake::flow();
    let caption = part("Content-Disposition: form-data; name=\"caption\"", b"Hello");
    refused(&send(&mut fake, body(std::slice::from_ref(&caption))), "file", "File is required");
    refused(&send(&mut fake, body(&[])), "file", "File is required");
    let other =
        part("Content-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png", b"x");
    refused(&send(&mut fake, body(std::slice::from_ref(&other))), "file", "File is required");
    let right = file("a.png", "image/png", b"right");
    let twice = send(&mut fake, body(&[right.clone(), file("b.png", "image/png", b"left")]));
    refused(&twice, "file", "File must be given once");
    let made = send(&mut fake, body(&[caption, other, right])).expect(201);
    assert_eq!(made.at("/data/filename"), "a.png");
    assert_eq!(download(&fake, &made.text("/data/url")).expect("the bytes").body, "right");
}

#[test]
fn a_broken_body_is_refused() {
    let mut fake = Fake::flow();
    let whole = body(&[file("a.png", "image/png", b"hello")]);
    for length in [1, 30, whole.len() / 2, whole.len() - BOUNDARY.len() - 6] {
        let answer = send(&mut fake, whole[..length].to_vec()).expect(400);
        let message = answer.text("/error/details/0/message");
        assert!(message.starts_with("Body is not multipart: "), "{length}: {message}");
    }
    for nonsense in [&b"{}"[..], b"\xff\xfe\x00", b"--\r\n\r\n"] {
        send(&mut fake, nonsense.to_vec()).expect(400);
    }
    let quoted = call(&fake, &format!("Multipart/Form-Data; charset=utf-8; boundary=\"{BOUNDARY}\""), whole.clone());
    Answer::of(fake.send(&quoted)).expect(201);
    let wrong = call(&fake, "multipart/form-data; boundary=another", whole);
    Answer::of(fake.send(&wrong)).expect(400);
    refused(&send(&mut fake, ""), "body", "Body is not multipart: incomplete multipart stream");
}

#[test]
fn a_body_without_a_boundary_or_of_another_type_is_refused() {
    let mut fake = Fake::flow();
    let whole = body(&[file("a.png", "image/png", b"hello")]);
    let unbounded = call(&fake, "multipart/form-data", whole.clone());
    let answer = Answer::of(fake.send(&unbounded)).expect(400);
    assert_eq!(answer.at("/error/code"), "VALIDATION_ERROR");
    for kind in ["application/json", "image/png", "multipart/mixed; boundary=x", "nonsense"] {
        let other = call(&fake, kind, whole.clone());
        let answer = Answer::of(fake.send(&other)).expect(400);
        assert_eq!(answer.at("/error/code"), "UNSUPPORTED_MEDIA_TYPE", "{kind}");
        assert_eq!(answer.at("/error/details/0/message"), "Content-Type must be multipart/form-data");
    }
    refused(&fake.call("POST", "/v1/media/upload", None), "body", "Body is required");
}

#[test]
fn file_names_are_kept_as_text() {
    let mut fake = Fake::flow();
    for name in ["été 1.png", "../../etc/passwd", "a;b=c.png", "<b>.png"] {
        assert_eq!(upload(&mut fake, name, "image/png", b"x").expect(201).at("/data/filename"), name);
    }
}

#[test]
fn the_same_key_stores_one_file() {
    let mut fake = Fake::flow();
    let mut keyed = |content: &[u8]| {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let call = call(&fake, &kind, body(&[file("a.png", "image/png", content)]));
        Answer::of(fake.send(&header(call, "Idempotency-Key", "k1")))
    };
    let first = keyed(b"one").expect(201);
    let again = keyed(b"one").expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(keyed(b"two").expect(400).at("/error/code"), "IDEMPOTENCY_KEY_MISMATCH");
    assert_eq!(fake.get("/v1/usage").expect(200).at("/data/media/bytes"), &json!(3));
}

#[test]
fn deleted_media_is_gone_with_its_bytes() {
    let mut fake = Fake::flow();
    let made = upload(&mut fake, "a.png", "image/png", b"x").expect(201);
    let (key, url) = (made.text("/data/key"), made.text("/data/url"));
    let answer = fake.delete(&format!("/v1/media/{key}")).expect(200);
    assert_eq!(answer.at("/data"), &json!({"message": "Media deleted successfully"}));
    not_found(&fake.get(&format!("/v1/media/{key}")), "Media not found");
    not_found(&fake.delete(&format!("/v1/media/{key}")), "Media not found");
    assert!(download(&fake, &url).is_none());
}

#[test]
fn media_that_a_queued_post_uses_cannot_be_deleted() {
    let mut fake = Fake::flow();
    let key = upload(&mut fake, "a.png", "image/png", b"x").expect(201).text("/data/key");
    let target = format!("/v1/media/{key}");
    let body = json!({"channelId": "channel_launch", "mediaKeys": [key], "scheduledFor": NOW + 60_000});
    let post = fake.post("/v1/posts", body).expect(201).text("/data/id");
    refused(&fake.delete(&target), "key", "A queued post uses this media");
    fake.get(&target).expect(200);
    fake.wait(64);
    assert_eq!(fake.get(&format!("/v1/posts/{post}")).expect(200).at("/data/status"), "done");
    fake.delete(&target).expect(200);
    let sent = fake.get(&format!("/v1/posts/{post}")).expect(200);
    assert_eq!(sent.at("/data/mediaKeys"), &json!([key]), "what was sent stays told");
    let answer = fake.post("/v1/posts", json!({"channelId": "channel_launch", "mediaKeys": [key]}));
    refused(&answer, "mediaKeys[0]", &format!("Media not found: {key}"));
}

#[test]
fn unknown_media_is_not_found() {
    let mut fake = Fake::flow();
    for key in ["media_none", "%2e%2e%2fetc", "a%2Fb"] {
        not_found(&fake.get(&format!("/v1/media/{key}")), "Media not found");
    }
    not_found(&fake.get("/v1/media"), "Endpoint not found");
    for path in ["bytes/media/media_none", "bytes/nothing/x", "bytes/post/post_launch", "bytes/media"] {
        assert!(engine::own_page(&fake.contract, &fake.world, path, &Call::new(Method::GET, "/")).is_none(), "{path}");
    }
    assert_eq!(fake.get("/v1/usage").expect(200).at("/data/media"), &json!({"bytes": 0}) as &Value);
}
