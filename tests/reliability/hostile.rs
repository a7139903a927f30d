//! Input that nobody means well: in process, each answered as the document declares, within a second.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::json;
use standin::call::{Call, Unread};

use crate::oracle::Oracle;
use crate::support::{Answer, Fake};

const AT_ONCE: Duration = Duration::from_secs(1);

struct Hostile {
    fake: Fake,
    oracle: Oracle,
}

impl Hostile {
    fn new() -> Hostile {
        Hostile { fake: Fake::flow(), oracle: Oracle::of_flow() }
    }

    /// Sends it, and judges the answer by the document.
    #[track_caller]
    fn send(&mut self, call: &Call, template: &str) -> Answer {
        self.fake.world.quotas = Default::default();
        let started = Instant::now();
        let reply = self.fake.send(call);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        let answer = Answer::of(reply);
        self.oracle.judge(&call.method, template, &answer.reply, false).unwrap_or_else(|wrong| panic!("{wrong}"));
        answer
    }

    #[track_caller]
    fn post_channel(&mut self, body: impl Into<Bytes>) -> Answer {
        let mut call = self.fake.prepare("POST", "/v1/channels", Some(json!({})));
        call.body = body.into();
        self.send(&call, "/channels")
    }

    #[track_caller]
    fn get(&mut self, target: &str, template: &str) -> Answer {
        let call = self.fake.prepare("GET", target, None);
        self.send(&call, template)
    }
}

#[test]
fn a_body_that_is_no_json_is_told_so() {
    let mut hostile = Hostile::new();
    let bodies: [&[u8]; 16] = [
        b"{",
        b"{\"name\":}",
        b"{\"name\":\"a\"",
        b"{\"name\":\"a\"} {}",
        b"{'name':'a'}",
        b"{\"name\":\"a\",}",
        b"nul",
        b"\xef\xbb\xbf{\"name\":\"a\"}",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"\xed\xa0\x80\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"a\x00b\"}",
        b"\x00",
        b"{\"name\":NaN}",
        b"{\"name\":1e999}",
        b"{\"name\":\"a\"}\x1b[2J",
    ];
    for body in bodies {
        let answer = hostile.post_channel(body).expect(400);
        let message = answer.text("/error/details/0/message");
        assert!(message.starts_with("Body is not valid JSON"), "{body:?}: {message}");
    }
}

#[test]
fn ten_thousand_levels_are_refused_and_a_hundred_are_read() {
    let mut hostile = Hostile::new();
    let arrays = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"name\":".repeat(depth), "}".repeat(depth));
    for body in [arrays(10_000), objects(10_000), "[".repeat(100_000), format!("{{\"name\":{}}}", arrays(10_000))] {
        let answer = hostile.post_channel(body).expect(400);
        assert!(answer.text("/error/details/0/message").contains("recursion limit"), "{:#}", answer.body);
    }
    let answer = hostile.post_channel(objects(100)).expect(400);
    assert_eq!(answer.at("/error/details"), &json!([{"field": "name", "message": "Name must be a string"}]));
    let filter = "[a]".repeat(10_000);
    hostile.get(&format!("/v1/posts?filter{filter}=1"), "/posts").expect(400);
}

#[test]
fn a_value_of_any_odd_kind_is_judged_by_its_schema() {
    let mut hostile = Hostile::new();
    for body in ["null", "true", "7", "\"text\"", "[]", "{}", "{\"name\":null}", "{\"name\":[]}", "{\"name\":\"\"}"] {
        let answer = hostile.post_channel(body).expect(400);
        assert!(answer.at("/error/details/0/message").is_string(), "{body}: {:#}", answer.body);
    }
    let digits = "9".repeat(20_000);
    hostile.post_channel(format!("{{\"name\":{digits}}}")).expect(400);
    hostile.post_channel(format!("{{\"name\":{:?}}}", "x".repeat(1_000_000))).expect(400);
    let when = format!("{{\"channelId\":\"channel_launch\",\"content\":\"a\",\"scheduledFor\":{digits}}}");
    let mut call = hostile.fake.prepare("POST", "/v1/posts", Some(json!({})));
    call.body = when.into();
    hostile.send(&call, "/posts").expect(400);
    for when in ["9223372036854775807", "1e15", "-1", "0.5", "\"+275760-09-13T00:00:00Z\"", "\"0000-01-01T00:00:00Z\""]
    {
        call.body = format!("{{\"channelId\":\"channel_launch\",\"content\":\"a\",\"scheduledFor\":{when}}}").into();
        let answer = hostile.send(&call, "/posts");
        assert!(matches!(answer.status, 201 | 400), "{when}: {:#}", answer.body);
    }
    hostile.fake.wait(86_400);
}

#[test]
fn odd_but_sound_text_comes_back_as_it_was_sent() {
    let mut hostile = Hostile::new();
    for name in ["\u{0}", "a\u{0}b", "\u{202e}", "{{ record.id }}", "💥", "\\", "\"", "</script>", "\u{ffff}", "%00"]
    {
        let answer = hostile.post_channel(json!({"name": name}).to_string()).expect(201);
        let id = answer.text("/data/id");
        assert_eq!(answer.at("/data/name"), name);
        assert_eq!(hostile.get(&format!("/v1/channels/{id}"), "/channels/{id}").at("/data/name"), name);
    }
    let twice = hostile.post_channel(r#"{"name":"first","name":"second"}"#).expect(201);
    assert_eq!(twice.at("/data/name"), "second");
}

#[test]
fn a_body_of_another_type_is_told_which_one_is_meant() {
    let mut hostile = Hostile::new();
    let kinds: [&[u8]; 8] = [
        b"text/plain",
        b"application/xml",
        b"application/jsonp",
        b"multipart/form-data",
        b"application/x-www-form-urlencoded",
        b"/",
        b"application/json, text/plain",
        b"*/*",
    ];
    for kind in kinds {
        let mut call = hostile.fake.prepare("POST", "/v1/channels", Some(json!({"name": "a"})));
        call.headers.insert("content-type", HeaderValue::from_bytes(kind).expect("bytes of a header"));
        let answer = hostile.send(&call, "/channels").expect(400);
        assert_eq!(answer.at("/error/code"), "UNSUPPORTED_MEDIA_TYPE", "{kind:?}");
        assert_eq!(answer.text("/error/details/0/message"), "Content-Type must be application/json");
    }
    for kind in ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;;;"] {
        let mut call = hostile.fake.prepare("POST", "/v1/channels", Some(json!({"name": "a"})));
        call.headers.insert("content-type", HeaderValue::from_static(kind));
        hostile.send(&call, "/channels").expect(201);
    }
}

#[test]
fn an_upload_that_is_broken_is_told_so() {
    let mut hostile = Hostile::new();
    let part =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nx";
    let many: String =
        (0..1_500).map(|n| format!("--b\r\nContent-Disposition: form-data; name=\"p{n}\"\r\n\r\nx\r\n")).collect();
    let bodies = [
        ("multipart/form-data", format!("{part}\r\n--b--\r\n")),
        ("multipart/form-data; boundary=b", part.to_owned()),
        ("multipart/form-data; boundary=c", format!("{part}\r\n--b--\r\n")),
        ("multipart/form-data; boundary=b", "--b--\r\n".to_owned()),
        ("multipart/form-data; boundary=b", String::new()),
        ("multipart/form-data; boundary=b", format!("{many}--b--\r\n")),
        ("multipart/form-data; boundary=b", "--b\r\n\r\nno disposition\r\n--b--\r\n".to_owned()),
        ("multipart/form-data; boundary=b", "\0".repeat(5_000)),
    ];
    for (kind, body) in bodies {
        let mut call = hostile.fake.prepare("POST", "/v1/media/upload", None);
        call.headers.insert("content-type", HeaderValue::from_static(kind));
        call.body = body.into();
        let answer = hostile.send(&call, "/media/upload").expect(400);
        assert!(answer.at("/error/details/0/message").is_string(), "{:#}", answer.body);
    }
}

#[test]
fn a_path_of_odd_bytes_finds_nothing() {
    let mut hostile = Hostile::new();
    let ids =
        ["%FF", "%00", "%", "%zz", "..%2f..", "a%2fb", "%F0%9F%92%A5", "post_launch%00", "%70ost_nobody", "a;b=c"];
    for id in ids {
        hostile.get(&format!("/v1/posts/{id}"), "/posts/{id}").expect(404);
    }
    hostile.get(&format!("/v1/posts/{}", "x".repeat(60_000)), "/posts/{id}").expect(404);
    let same = hostile.get("/v1/posts/%70ost_launch", "/posts/{id}").expect(200);
    assert_eq!(same.at("/data/id"), "post_launch", "a letter is a letter, however it is written");
    for path in [
        "/v1/posts/a/b".to_owned(),
        format!("/v1{}", "/a".repeat(20_000)),
        "//v1/posts".to_owned(),
        "/v1/%70".to_owned(),
    ] {
        let started = Instant::now();
        hostile.fake.get(&path).expect(404);
        assert!(started.elapsed() < AT_ONCE);
    }
}

#[test]
fn a_query_of_odd_bytes_or_of_thousands_of_pairs_is_refused() {
    let mut hostile = Hostile::new();
    let many = "page=1&".repeat(5_000);
    let answer = hostile.get(&format!("/v1/posts?{many}"), "/posts").expect(400);
    assert_eq!(answer.text("/error/details/0/message"), "The query must have at most 1000 parameters");
    for query in [
        "filter[content][contains]=%FF",
        "filter[%FF]=1",
        "sort=%FF",
        "page=%FF",
        "page=1e3",
        "page=-0x1",
        "page=%00",
        "per_page=%2B5",
        "sort=--createdAt",
        "filter[status][in][x]=1",
        "filter[createdAt][gt]=1e400",
    ] {
        let answer = hostile.get(&format!("/v1/posts?{query}"), "/posts");
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.at("/error/details/0/message").is_string(), "{query}: {:#}", answer.body);
    }
    for query in [
        "page=99999999999999999999999999",
        "",
        "&&&&",
        "=",
        "=&=",
        "%",
        "nothing=%FE%FF%",
        "?",
        "page=1&page=1",
        "a=b;c=d",
    ] {
        let answer = hostile.get(&format!("/v1/posts?{query}"), "/posts");
        assert!(matches!(answer.status, 200 | 400), "{query}: {:#}", answer.body);
    }
    let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    hostile.get(&format!("/v1/posts?filter[channelId][in]={list}"), "/posts").expect(200);
    let sort = vec!["createdAt"; 5_000].join(",");
    let answer = hostile.get(&format!("/v1/posts?sort={sort}"), "/posts");
    assert!(matches!(answer.status, 200 | 400), "{:#}", answer.body);
}

#[test]
fn headers_of_odd_bytes_name_nobody() {
    let mut hostile = Hostile::new();
    let long = [b"Bearer ".to_vec(), vec![b'x'; 60_000]].concat();
    let values: [&[u8]; 7] = [b"\xff", b"Bearer \xff", b"Bearer", b"Bearer  ", b"bearer\tx", b"", &long];
    for value in values {
        let mut call = Call::new(Method::GET, "/v1/posts");
        call.headers.insert("authorization", HeaderValue::from_bytes(value).expect("bytes of a header"));
        hostile.send(&call, "/posts").expect(401);
    }
    let mut two = hostile.fake.prepare("GET", "/v1/posts", None);
    two.headers.append("authorization", HeaderValue::from_static("Bearer other"));
    hostile.send(&two, "/posts");
    for key in [&b"\xff"[..], &[b'k'; 256], &[b'k'; 60_000]] {
        let body = json!({"channelId": "channel_launch", "content": "a"});
        let mut call = hostile.fake.prepare("POST", "/v1/posts", Some(body));
        call.headers.insert("idempotency-key", HeaderValue::from_bytes(key).expect("bytes of a header"));
        let answer = hostile.send(&call, "/posts").expect(400);
        assert_eq!(answer.at("/error/details/0/field"), "Idempotency-Key", "{:#}", answer.body);
    }
}

#[test]
fn a_body_that_did_not_arrive_is_told_why() {
    let mut hostile = Hostile::new();
    let cases = [
        (Unread::TooLarge { limit: 1_048_576 }, "Body must be at most 1048576 bytes"),
        (Unread::Truncated, "Body ends before its announced length"),
        (Unread::Slow, "Body did not arrive in time"),
    ];
    for (unread, message) in cases {
        let mut call = hostile.fake.prepare("POST", "/v1/channels", Some(json!({})));
        (call.body, call.unread) = (Bytes::new(), Some(unread));
        let answer = hostile.send(&call, "/channels").expect(400);
        assert_eq!(answer.text("/error/details/0/message"), message);
        let mut call = hostile.fake.prepare("GET", "/v1/channels/channel_launch", None);
        call.unread = Some(unread);
        hostile.send(&call, "/channels/{id}").expect(200);
    }
}
