//! Who is let in: every kind of `Authorization` header.

use http::{HeaderValue, Method};
use serde_json::json;
use standin::call::Call;

use super::error;
use super::support::{Answer, Fake, header};

/// The key that the world starts with.
fn key(fake: &Fake) -> String {
    let (_, text) = fake.credential.clone().expect("the fake takes keys");
    text.strip_prefix("Bearer ").expect("a bearer").to_owned()
}

fn sent(fake: &mut Fake, authorization: &str) -> Answer {
    let call = header(Call::new(Method::GET, "/v1/posts"), "authorization", authorization);
    Answer::of(fake.send(&call))
}

#[test]
fn a_call_without_a_key_is_told_so_with_a_challenge() {
    let mut fake = Fake::flow();
    let answer = Answer::of(fake.send(&Call::new(Method::GET, "/v1/posts")));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(
        error(answer, 401),
        json!({"type": "authentication_error", "message": "Invalid API key", "code": "INVALID_API_KEY"})
    );
}

#[test]
fn a_key_that_is_not_known_is_refused_however_it_is_written() {
    let mut fake = Fake::flow();
    let key = key(&fake);
    let (stem, _) = key.split_at(key.len() - 1);
    let wrong = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        key.clone(),
        format!("Bearer{key}"),
        format!("Bearer:{key}"),
        format!("Basic {key}"),
        format!("Token {key}"),
        format!("Bearer \"{key}\""),
        format!("Bearer {stem}"),
        format!("Bearer {key}0"),
        format!("Bearer {key} {key}"),
        format!("Bearer {key},"),
        format!("Bearer {}", key.to_uppercase()),
        format!("Bearer {}", key.replace("_live_", "_test_")),
        format!("Bearer {}", &key[..21]),
        "Bearer flow_sk_live_abc12345_0123456789abcdefghijklmnopqrstuvwxyz0123456".to_owned(),
        "Bearer null".to_owned(),
        format!("Bearer {}", "a".repeat(20_000)),
    ];
    for authorization in wrong {
        let answer = sent(&mut fake, &authorization);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{authorization}");
        assert_eq!(error(answer, 401)["code"], "INVALID_API_KEY", "{authorization}");
    }
    let mut call = Call::new(Method::GET, "/v1/posts");
    call.headers.insert("authorization", HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap());
    assert_eq!(error(Answer::of(fake.send(&call)), 401)["code"], "INVALID_API_KEY");
}

#[test]
fn the_word_bearer_may_be_written_in_any_case() {
    let mut fake = Fake::flow();
    let key = key(&fake);
    for scheme in ["bearer", "BEARER", "Bearer "] {
        sent(&mut fake, &format!("{scheme} {key}")).expect(200);
    }
}

#[test]
fn a_key_counts_only_in_its_header() {
    let mut fake = Fake::flow();
    let key = key(&fake);
    for target in [format!("/v1/posts?api_key={key}"), format!("/v1/posts?access_token={key}")] {
        let answer = Answer::of(fake.send(&Call::new(Method::GET, &target)));
        assert_eq!(answer.status, 401, "{target}");
    }
    let call = header(Call::new(Method::GET, "/v1/posts"), "x-api-key", &key);
    assert_eq!(Answer::of(fake.send(&call)).status, 401);
}

#[test]
fn two_different_credentials_are_refused() {
    let mut fake = Fake::flow();
    let key = key(&fake);
    for (first, second) in
        [(format!("Bearer {key}"), "Bearer wrong".to_owned()), ("Bearer wrong".to_owned(), format!("Bearer {key}"))]
    {
        let mut call = header(Call::new(Method::GET, "/v1/posts"), "authorization", &first);
        call.headers.append("authorization", HeaderValue::from_str(&second).unwrap());
        assert_eq!(Answer::of(fake.send(&call)).status, 401, "{first}");
    }
}

#[test]
fn who_calls_is_asked_before_anything_else() {
    let mut fake = Fake::flow();
    fake.credential = None;
    fake.get("/v1/posts/post_unknown").expect(401);
    fake.get("/v1/posts?page=0").expect(401);
    fake.post("/v1/posts", json!({})).expect(401);
    fake.delete("/v1/posts/post_tips").expect(401);
    fake.credential = Fake::flow().credential;
    fake.get("/v1/posts/post_tips").expect(200);
}

#[test]
fn a_key_of_one_world_is_unknown_in_another() {
    let mut one = Fake::flow();
    let mut other = Fake::new(one.contract.clone(), 2);
    let made = one.post("/v1/api-keys", json!({"name": "Mine"})).expect(201).text("/data/apiKey");
    sent(&mut other, &format!("Bearer {made}")).expect(401);
    sent(&mut one, &format!("Bearer {made}")).expect(200);
}
