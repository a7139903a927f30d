//! Failures in the service's own words.

use serde_json::{Value, json};

use super::support::services;
use super::support::{self, Answer, Fake, header};
use super::{CHANNEL, POSTS, arm, armed, headers, hits, new_post, pairs, told, total};

/// The error of a reply that is nothing but one, with its id.
#[track_caller]
fn error(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{:#}", answer.body);
    let keys: Vec<&str> = answer.body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["error", "meta"]);
    assert!(answer.at("/meta/request_id").is_string(), "{:#}", answer.body);
    answer.at("/error").clone()
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_status_wears_the_services_own_error_with_its_headers_and_nothing_is_performed() {
    let mut fake = Fake::flow();
    let id = arm(&mut fake, json!({"kind": "status", "status": 503, "retryAfter": 7, "operation": "createPost"}));
    let answer = fake.post(POSTS, new_post());
    assert_eq!(
        error(&answer, 503),
        json!({"type": "server_error", "message": "Service unavailable", "code": "SERVICE_UNAVAILABLE", "retry_after": 7})
    );
    assert_eq!(headers(&answer), pairs(&[JSON, ("retry-after", "7")]));
    assert_eq!(answer.header("x-ratelimit-limit"), Some("100"), "as every reply");
    let (entry, causes) = told(&fake);
    assert_eq!(causes, ["status 503, retry after 7 s (fault 1)"]);
    let armed = armed(&fake, id);
    assert_eq!((armed.seen, armed.hits, armed.hit.len()), (1, 1, 1));
    assert_eq!((armed.hit[0].entry, armed.hit[0].name.as_str()), (entry, "createPost"));
    assert_eq!(total(&mut fake), 3);
}

#[test]
fn an_error_is_chosen_by_name_where_several_have_a_status() {
    let mut fake = Fake::flow();
    let written = json!({"kind": "status", "status": 400, "error": "post_in_flight", "method": "DELETE"});
    arm(&mut fake, written);
    assert_eq!(
        error(&fake.delete("/v1/posts/post_1"), 400),
        json!({
            "type": "validation_error", "message": "Invalid request", "code": "POST_NOT_EDITABLE",
            "details": [{"field": "status", "message": "A post that is being sent can't be deleted"}],
        })
    );
}

#[test]
fn errors_that_speak_of_the_call_find_what_they_need() {
    let mut fake = Fake::flow();
    for status in [401, 403, 404, 429, 500] {
        arm(&mut fake, json!({"kind": "status", "status": status, "times": 1}));
    }
    let told: Vec<Value> = [401, 403, 404, 429, 500].map(|status| error(&fake.get(CHANNEL), status)).into();
    assert_eq!(
        told,
        [
            json!({"type": "authentication_error", "message": "Invalid API key", "code": "INVALID_API_KEY"}),
            json!({
                "type": "authorization_error", "message": "Insufficient permissions", "code": "INSUFFICIENT_PERMISSIONS",
                "details": [{"field": "permission", "message": "Required permission: channels:read"}],
            }),
            json!({"type": "not_found", "message": "Channel not found", "code": "RESOURCE_NOT_FOUND"}),
            json!({"type": "rate_limit_error", "message": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED", "retry_after": 1}),
            json!({"type": "server_error", "message": "Internal server error", "code": "INTERNAL_SERVER_ERROR"}),
        ]
    );
}

#[test]
fn a_status_that_nobody_declares_has_the_shape_of_errors() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "status", "status": 418}));
    let answer = fake.get(CHANNEL);
    let expected = json!({"type": "server_error", "message": "Internal server error", "code": "INTERNAL_SERVER_ERROR"});
    assert_eq!(error(&answer, 418), expected);
}

#[test]
fn retry_after_has_two_forms_and_one_that_is_neither() {
    for (form, expected) in [("seconds", "90"), ("httpDate", "Thu, 01 Jan 2026 00:01:30 GMT"), ("malformed", "soon")] {
        let mut fake = Fake::flow();
        arm(&mut fake, json!({"kind": "status", "status": 429, "retryAfter": 90, "retryAfterForm": form}));
        let answer = fake.get(CHANNEL);
        error(&answer, 429);
        assert_eq!(headers(&answer), pairs(&[JSON, ("retry-after", expected)]), "{form}");
    }
}

#[test]
fn a_success_that_is_a_lie_is_made_up_as_the_document_declares_it() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "status", "status": 201, "operation": "createPost", "times": 1}));
    arm(&mut fake, json!({"kind": "status", "status": 204, "operation": "createPost", "times": 1}));
    let answer = fake.post(POSTS, new_post()).expect(201);
    assert!(answer.at("/data/id").is_string(), "{:#}", answer.body);
    let answer = fake.post(POSTS, new_post()).expect(204);
    assert_eq!((answer.reply.body.len(), answer.header("content-type")), (0, None));
    assert_eq!(total(&mut fake), 3, "neither was performed");
}

#[test]
fn maintenance_tells_when_it_is_over_and_is_over_then() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "maintenance", "until": "90s"}));
    let answer = fake.post(POSTS, new_post());
    assert_eq!(
        error(&answer, 503),
        json!({"type": "server_error", "message": "Service unavailable", "code": "SERVICE_UNAVAILABLE", "retry_after": 90})
    );
    assert_eq!(answer.header("retry-after"), Some("90"));
    fake.wait(60);
    assert_eq!(fake.get(CHANNEL).expect(503).header("retry-after"), Some("30"));
    fake.wait(30);
    fake.get(CHANNEL).expect(200);
    assert_eq!((total(&mut fake), hits(&fake)), (3, vec![2]));
}

#[test]
fn maintenance_without_an_end_names_none() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "maintenance"}));
    assert_eq!(headers(&fake.get(CHANNEL).expect(503)), pairs(&[JSON]));
}

#[test]
fn a_quota_is_refused_as_if_it_were_used_up_and_nothing_is_charged() {
    let mut fake = Fake::flow();
    fake.get(CHANNEL).expect(200);
    fake.wait(20);
    arm(&mut fake, json!({"kind": "quota", "times": 1}));
    let answer = fake.get(CHANNEL);
    assert_eq!(
        error(&answer, 429),
        json!({"type": "rate_limit_error", "message": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED", "retry_after": 40})
    );
    let standing = ["limit", "remaining", "reset"].map(|name| answer.header(&format!("x-ratelimit-{name}")));
    let reset = (super::START / 1000 + 60).to_string();
    assert_eq!(standing, [Some("100"), Some("0"), Some(reset.as_str())]);
    assert_eq!(answer.header("retry-after"), Some("40"));
    assert_eq!(fake.get(CHANNEL).expect(200).header("x-ratelimit-remaining"), Some("98"));
}

#[test]
fn whoever_cannot_be_told_is_refused_by_the_quota_too() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "quota"}));
    fake.credential = None;
    let answer = fake.get(CHANNEL);
    error(&answer, 429);
    assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
}

#[test]
fn a_credential_expires_in_the_middle_and_a_fresh_one_goes_on() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "expiredCredential", "nth": 2}));
    let old = fake.credential.clone();
    fake.get(CHANNEL).expect(200);
    let fresh = fake.post("/v1/api-keys", json!({"name": "Fresh"}));
    let answer = fresh;
    assert_eq!(
        error(&answer, 401),
        json!({"type": "authentication_error", "message": "Invalid API key", "code": "INVALID_API_KEY"})
    );
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    assert_eq!(fake.get(POSTS).status, 401, "from then on every call with it");
    let mut fake = super::restored(&fake);
    assert_eq!(fake.get(CHANNEL).status, 401, "and after the world was read back");
    let contract = fake.contract.clone();
    let ids = standin::engine::seed(&contract, &mut fake.world, "apiKey", &[json!({"name": "Fresh"})]).expect("a key");
    let keys = fake.world.store.find("apiKey").expect("there are keys");
    let key = fake.world.store.get(keys, &ids[0]).and_then(|key| key.field("apiKey")).expect("a secret");
    fake.credential = Some(("Authorization".to_owned(), format!("Bearer {}", key.as_str().expect("text"))));
    fake.get(CHANNEL).expect(200);
    fake.credential = old;
    assert_eq!(fake.get(CHANNEL).status, 401);
    assert_eq!(hits(&fake), [4]);
}

#[test]
fn a_service_with_an_error_of_its_own_for_expired_tokens_says_that() {
    let service = services::chosen().into_iter().find(|service| service.name == "socialflow").expect("it is shipped");
    let mut fake = Fake::new(support::contract(&service), 1);
    arm(&mut fake, json!({"kind": "expiredCredential"}));
    let contract = fake.contract.clone();
    let operation = contract.operations.list.iter().find(|operation| {
        operation.method == http::Method::GET && !operation.template.contains('{') && !operation.security.is_empty()
    });
    let operation = operation.expect("something to read");
    let base = contract.operations.base_of(operation);
    let answer = fake.get(&format!("{base}{}", operation.template));
    assert_eq!((answer.status, answer.at("/error/code")), (401, &json!("token_expired")), "{:#}", answer.body);
    assert_eq!(answer.at("/error/message"), "The token has expired");
}

#[test]
fn an_operation_that_takes_no_credential_goes_on_with_an_expired_one() {
    const OPEN: &str = "/v1/connections/twitter/auth";
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "expiredCredential"}));
    let open = fake.get(OPEN).status;
    assert_ne!(open, 401, "it does not look at credentials");
    assert_eq!(fake.get(CHANNEL).status, 401);
    assert_eq!(fake.get(OPEN).status, open, "whoever fetches a fresh token still sends the old one");
    assert_eq!(hits(&fake), [1]);
}

#[test]
fn of_two_credentials_the_one_that_is_meant_expires() {
    let mut fake = Fake::flow();
    let (_, value) = fake.credential.clone().expect("flow has one");
    let bare = value.strip_prefix("Bearer ").expect("a bearer token").to_owned();
    let id = arm(&mut fake, json!({"kind": "expiredCredential", "credential": ["other", bare.as_str()]}));
    assert_eq!(fake.get(CHANNEL).status, 401);
    assert_eq!(armed(&fake, id).expired, Some(bare));
}

#[test]
fn calls_without_a_credential_have_none_that_could_expire() {
    let mut fake = Fake::flow();
    arm(&mut fake, json!({"kind": "expiredCredential"}));
    let credential = fake.credential.take();
    assert_eq!(fake.get(CHANNEL).status, 401);
    assert_eq!((told(&fake).1, hits(&fake)), (vec![], vec![0]));
    let (name, value) = credential.expect("flow has one");
    let call = header(fake.prepare("GET", CHANNEL, None), &name, &value);
    assert_eq!(fake.send(&call).status, 401);
    assert_eq!(hits(&fake), [1]);
}
