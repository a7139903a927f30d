//! `credentials`: which error a credential gets that is not good, and the guards of every call with one.

use http::HeaderMap;
use serde_json::json;

use crate::service::{complaints, service};
use crate::support::{Answer, Fake, header};

const VAULT: &str = r##"
openapi: 3.1.0
info: { title: Vault, version: "1" }
security: [{ key: [] }]
paths:
  /things:
    get:
      operationId: listThings
      responses: { "200": { description: They, content: { application/json: { schema: { type: array } } } } }
  /billing:
    get:
      operationId: getBilling
      responses: { "200": { description: It, content: { application/json: { schema: { type: object } } } } }
  /either:
    get:
      operationId: getEither
      security: [{ key: [] }, { pass: [] }]
      responses: { "200": { description: It, content: { application/json: { schema: { type: object } } } } }
  /anyone:
    get:
      operationId: getAnyone
      security: [{ key: [] }, {}]
      responses: { "200": { description: It, content: { application/json: { schema: { type: object } } } } }
components:
  securitySchemes:
    key: { type: http, scheme: bearer }
    pass: { type: apiKey, in: header, name: X-Pass }
  schemas:
    Key: { type: object, properties: { id: { type: string }, secret: { type: string }, until: { type: integer }, teamId: { type: string } } }
    Team: { type: object, properties: { id: { type: string }, paid: { type: boolean } } }
"##;

const RULES: &str = r##"
errors:
  unauthenticated: { status: 401, code: NO_KEY, message: Say who you are }
  bad_key: { status: 401, code: BAD_KEY, message: No such key }
  expired: { status: 401, code: EXPIRED, message: "{{ record.id }} expired", headers: { WWW-Authenticate: 'Bearer error="expired"' } }
  lapsed: { status: 402, code: LAPSED, message: "Team {{ team.id }} has not paid for {{ record.id }}" }
  bad_pass: { status: 401, code: BAD_PASS, message: No such pass }
  no_team: { status: 403, code: NO_TEAM, message: "{{ record.id }} has no {{ resource }}" }
shapes: { error: { code: "{{ error.code }}", message: "{{ error.message }}" } }
limits: { default: { rate: 2/min } }
limit_headers: { remaining: X-Left }
credentials:
  key:
    resource: key
    secret: secret
    when: "!(has(record.off) && record.off)"
    else: bad_key
    with: { team: { get: team, id: record.teamId, else: no_team } }
    require:
      - { that: "record.until > now", else: expired }
      - { that: "team.paid || operation == 'getBilling'", else: lapsed }
  pass: { resource: key, secret: pass, else: bad_pass }
resources:
  key: { schema: "#/components/schemas/Key" }
  team: { schema: "#/components/schemas/Team" }
operations:
  listThings: { reply: { body: [] } }
  getBilling: { reply: { body: {} } }
  getEither: { reply: { body: { me: "{{ me.id }}" } } }
  getAnyone: { reply: { body: { me: "{{ me.id }}" } } }
seed:
  team: [{ id: t_1, paid: true }, { id: t_2, paid: false }]
  key:
    - { id: k_good, secret: good, pass: goodpass, until: 9000000000000, teamId: t_1 }
    - { id: k_old, secret: old, until: 1, teamId: t_1 }
    - { id: k_lapsed, secret: lapsed, until: 9000000000000, teamId: t_2 }
    - { id: k_lost, secret: lost, until: 9000000000000, teamId: t_9 }
    - { id: k_off, secret: "off", off: true, until: 9000000000000, teamId: t_1 }
"##;

fn with(fake: &mut Fake, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut call = fake.prepare("GET", target, None);
    call.headers = HeaderMap::new();
    let call = headers.iter().fold(call, |call, (name, value)| header(call, name, value));
    Answer::of(fake.send(&call))
}

fn bearer(fake: &mut Fake, target: &str, secret: &str) -> Answer {
    with(fake, target, &[("authorization", &format!("Bearer {secret}"))])
}

#[test]
fn no_credential_and_a_bad_one_are_told_apart() {
    let mut fake = service(VAULT, RULES);
    let none = with(&mut fake, "/things", &[]).expect(401);
    assert_eq!(none.body, json!({"code": "NO_KEY", "message": "Say who you are"}));
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    for secret in ["nobody", "off"] {
        let bad = bearer(&mut fake, "/things", secret).expect(401);
        assert_eq!(bad.body, json!({"code": "BAD_KEY", "message": "No such key"}));
        assert_eq!(bad.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    bearer(&mut fake, "/things", "good").expect(200);
}

#[test]
fn guards_refuse_before_limits_are_charged_and_may_look_at_the_operation() {
    let mut fake = service(VAULT, RULES);
    for _ in 0..3 {
        let old = bearer(&mut fake, "/things", "old").expect(401);
        assert_eq!(old.body, json!({"code": "EXPIRED", "message": "k_old expired"}));
        assert_eq!(old.header("www-authenticate"), Some("Bearer error=\"expired\""));
        assert_eq!(old.reply.headers.iter().filter(|(name, _)| name == "www-authenticate").count(), 1);
        let lapsed = bearer(&mut fake, "/things", "lapsed").expect(402);
        assert_eq!(lapsed.body, json!({"code": "LAPSED", "message": "Team t_2 has not paid for k_lapsed"}));
        assert_eq!(lapsed.header("www-authenticate"), None);
    }
    assert_eq!(bearer(&mut fake, "/billing", "lapsed").expect(200).header("x-left"), Some("1"));
}

#[test]
fn a_read_that_finds_nothing_refuses() {
    let mut fake = service(VAULT, RULES);
    let lost = bearer(&mut fake, "/things", "lost").expect(403);
    assert_eq!(lost.body, json!({"code": "NO_TEAM", "message": "k_lost has no Team"}));
}

#[test]
fn a_later_alternative_that_holds_wins_else_the_first_tried_is_told() {
    let mut fake = service(VAULT, RULES);
    let both = [("authorization", "Bearer old"), ("x-pass", "goodpass")];
    assert_eq!(with(&mut fake, "/either", &both).expect(200).body, json!({"me": "k_good"}));
    let neither = [("authorization", "Bearer old"), ("x-pass", "nobody")];
    assert_eq!(with(&mut fake, "/either", &neither).expect(401).at("/code"), "EXPIRED");
    assert_eq!(with(&mut fake, "/either", &[("x-pass", "nobody")]).expect(401).at("/code"), "BAD_PASS");
    assert_eq!(with(&mut fake, "/either", &[]).expect(401).at("/code"), "NO_KEY");
    assert_eq!(bearer(&mut fake, "/anyone", "old").expect(200).body, json!({"me": null}));
}

#[test]
fn an_operation_may_tell_missing_credentials_otherwise() {
    let rules = RULES.replace("listThings: {", "listThings: { errors: { unauthenticated: lapsed_page },");
    let rules = rules.replace("errors:\n", "errors:\n  lapsed_page: { status: 403, code: PAGE }\n");
    let mut fake = service(VAULT, &rules);
    assert_eq!(with(&mut fake, "/things", &[]).expect(403).at("/code"), "PAGE");
    assert_eq!(with(&mut fake, "/billing", &[]).expect(401).at("/code"), "NO_KEY");
}

#[test]
fn unknown_names_are_load_errors() {
    let rules = RULES.replace("else: bad_key", "else: bad_kye").replace("else: lapsed }", "else: lapse }");
    let rules = rules.replace("operation == 'getBilling'", "me == null").replace("get: team,", "get: taem,");
    assert_eq!(
        complaints(VAULT, &rules),
        [
            "api.yaml /x-standin/credentials/key/with/team/get: unknown resource 'taem' (did you mean 'team'?)",
            "api.yaml /x-standin/credentials/key/else: unknown error 'bad_kye' (did you mean 'bad_key'?)",
            "api.yaml /x-standin/credentials/key/require/1/that: unknown name `me` in 'team.paid || me == null' \
             at character 14 (bound here: record, operation, now, team)",
            "api.yaml /x-standin/credentials/key/require/1/else: unknown error 'lapse' (did you mean 'lapsed'?)",
        ]
    );
}
