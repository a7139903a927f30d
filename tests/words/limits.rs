//! `limits`: what tells callers apart, and whom a limit counts.

use http::HeaderMap;

use crate::service::{complaints, service};
use crate::support::{Answer, Fake, header};

const METERED: &str = r##"
openapi: 3.1.0
info: { title: Metered, version: "1" }
security: [{ key: [] }]
paths:
  /things:
    get:
      operationId: listThings
      responses: { "200": { description: They, content: { application/json: { schema: { type: array } } } } }
components:
  securitySchemes: { key: { type: http, scheme: bearer } }
  schemas:
    Key: { type: object, properties: { id: { type: string }, secret: { type: string }, userId: { type: [integer, "null"] }, plan: { type: string } } }
"##;

const RULES: &str = r##"
limits:
  free: { rate: 2/min, by: me.userId, when: "me.plan == 'free'" }
  paid: { rate: 5/min, by: me.userId, when: "me.plan == 'paid'" }
limit_headers: { limit: X-Limit, remaining: X-Left }
credentials: { key: { resource: key, secret: secret } }
resources: { key: { schema: "#/components/schemas/Key" } }
operations: { listThings: { reply: { body: [] } } }
seed:
  key:
    - { id: k_1, secret: one, userId: 7, plan: free }
    - { id: k_2, secret: two, userId: 7, plan: free }
    - { id: k_3, secret: three, userId: 8, plan: free }
    - { id: k_4, secret: four, userId: 9, plan: paid }
    - { id: k_5, secret: five, userId: null, plan: free }
    - { id: k_6, secret: six, userId: null, plan: free }
    - { id: k_7, secret: seven, userId: 10, plan: endless }
"##;

fn ask(fake: &mut Fake, secret: &str) -> (u16, String) {
    let mut call = fake.prepare("GET", "/things", None);
    call.headers = HeaderMap::new();
    let call = header(call, "authorization", &format!("Bearer {secret}"));
    let answer = Answer::of(fake.send(&call));
    let told = |name| answer.header(name).unwrap_or("none").to_owned();
    (answer.status, format!("{} of {}", told("x-left"), told("x-limit")))
}

#[test]
fn credentials_of_one_user_share_a_limit() {
    let mut fake = service(METERED, RULES);
    assert_eq!(ask(&mut fake, "one"), (200, "1 of 2".to_owned()));
    assert_eq!(ask(&mut fake, "two"), (200, "0 of 2".to_owned()));
    assert_eq!(ask(&mut fake, "one"), (429, "0 of 2".to_owned()));
    assert_eq!(ask(&mut fake, "three"), (200, "1 of 2".to_owned()));
    fake.wait(61);
    assert_eq!(ask(&mut fake, "one"), (200, "1 of 2".to_owned()));
}

#[test]
fn a_limit_counts_only_those_it_is_for() {
    let mut fake = service(METERED, RULES);
    let left: Vec<(u16, String)> = (0..6).map(|_| ask(&mut fake, "four")).collect();
    assert_eq!((left[0].clone(), left[5].clone()), ((200, "4 of 5".to_owned()), (429, "0 of 5".to_owned())));
    assert!((0..20).all(|_| ask(&mut fake, "seven").0 == 200));
}

#[test]
fn whom_nothing_tells_apart_is_counted_by_the_credential() {
    let mut fake = service(METERED, RULES);
    assert_eq!(ask(&mut fake, "five"), (200, "1 of 2".to_owned()));
    assert_eq!(ask(&mut fake, "six"), (200, "1 of 2".to_owned()));
}

#[test]
fn wrong_words_of_limits_are_load_errors() {
    let rules =
        RULES.replace("by: me.userId, when: \"me.plan == 'free'\"", "by: you.userId, when: \"call.path == ''\"");
    let rules = rules.replace("rate: 5/min, by", "rate: 5/min, per: world, by");
    assert_eq!(
        complaints(METERED, &rules),
        [
            "api.yaml /x-standin/limits/free/by: unknown name `you` in 'you.userId' at character 1 (did you mean `now`?)",
            "api.yaml /x-standin/limits/free/when: unknown name `call` in 'call.path == ''' at character 1 \
             (bound here: me, now)",
            "api.yaml /x-standin/limits/paid/by: a limit of the whole world tells no callers apart \
             (remove 'by', or count 'per: credential')",
        ]
    );
}

#[test]
fn a_condition_that_is_none_is_loud() {
    let mut fake = service(METERED, &RULES.replace("when: \"me.plan == 'free'\"", "when: me.plan"));
    assert_eq!(ask(&mut fake, "one").0, 500);
}
