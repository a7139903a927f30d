use super::said;
use crate::audit::fixture::{Seen, get, post, run};
use crate::audit::observe::{Exit, Run};

fn token() -> Seen {
    post("/token", "grant_type=client_credentials")
}

fn read(id: u32, token: &str) -> Seen {
    get(&format!("/posts/{id}")).bearer(token)
}

fn refused(id: u32, token: &str) -> Seen {
    read(id, token).status(401).struck("expiredCredential")
}

/// A run that begins with a token, `a`.
fn session() -> Run {
    run("expired").saw(token())
}

const RENEWS: &str = "renews-expired-credential";

#[test]
fn an_expired_credential_is_renewed_and_the_call_repeated() {
    let good = session().saw(refused(1, "a")).saw(token()).saw(read(1, "b"));
    assert_eq!(said(RENEWS, &[good]), "passed: 1.2+4 GET /posts/1 was sent again with a new credential after 401");
    let gone = session().saw(refused(1, "a")).exit(Exit::Code(1));
    assert_eq!(said(RENEWS, &[gone]), "failed: 1.2 GET /posts/1 was given up after 401 for an expired credential");
    let in_vain = session().saw(refused(1, "a")).saw(token()).saw(refused(1, "a"));
    assert_eq!(said(RENEWS, &[in_vain]), "failed: 1.2 GET /posts/1 was given up after 401 for an expired credential");
    // Without a fault, a credential that was good a moment ago has expired as well.
    let by_itself = session().saw(read(1, "a")).saw(read(2, "a").status(401));
    assert_eq!(said(RENEWS, &[by_itself]), "failed: 1.3 GET /posts/2 was given up after 401 for an expired credential");
}

#[test]
fn a_client_that_was_given_its_credential_need_not_renew_it() {
    let given = run("expired").saw(refused(1, "a"));
    assert_eq!(said(RENEWS, &[given]), "undecided: the client was given its credential and never asks for one");
    let wrong = session().saw(read(1, "never good").status(401));
    assert_eq!(said(RENEWS, &[wrong]), "undecided: no credential expired while the client used it");
}

#[test]
fn a_credential_in_the_query_is_renewed_like_any_other() {
    let read = |key: &str| get(&format!("/posts?limit=2&auth={key}"));
    let refused = || session().saw(read("a").status(401).struck("expiredCredential")).saw(token());
    let text = "passed: 1.2+4 GET /posts?limit=2&auth=a was sent again with a new credential after 401";
    assert_eq!(said(RENEWS, &[refused().saw(read("b"))]), text);
    let another = refused().saw(get("/posts?limit=3&auth=b"));
    assert!(said(RENEWS, &[another]).starts_with("failed: 1.2 "));
}

const ONCE: &str = "renews-credential-once";

#[test]
fn concurrent_calls_renew_the_credential_once() {
    let both = || session().saw(refused(1, "a").at(100)).saw(refused(2, "a").at(101));
    let good = both().saw(token()).saw(read(1, "b")).saw(read(2, "b"));
    assert_eq!(said(ONCE, &[good]), "passed: 1.2+4 2 calls were refused, and the credential was renewed once");
    let storm = both().saw(token()).saw(token()).saw(read(1, "b")).saw(read(2, "c"));
    assert_eq!(said(ONCE, &[storm]), "failed: 1.4+5 2 calls were refused, and the credential was renewed 2 times");
    // A renewal that failed is tried again.
    let second_try = both().saw(token().status(503)).saw(token()).saw(read(1, "b"));
    assert_eq!(said(ONCE, &[second_try]), "passed: 1.2+5 2 calls were refused, and the credential was renewed once");
    // The next to expire is renewed, too.
    let twice = both().saw(token()).saw(read(1, "b")).saw(refused(2, "b")).saw(token());
    assert_eq!(said(ONCE, &[twice]), "passed: 1.2+4 2 calls were refused, and the credential was renewed once");
}

#[test]
fn clients_that_share_nothing_each_renew_for_themselves() {
    let renewing = |at: u64, client: u32| {
        [refused(1, "a").at(at).by(client), refused(2, "a").at(at + 1).by(client), token().at(at + 50).by(client)]
    };
    let herd = session().saw_all(renewing(100, 1)).saw_all(renewing(101, 2));
    assert_eq!(said(ONCE, &[herd]), "passed: 1.2+4 2 calls were refused, and the credential was renewed once");
    let refused_again = (1..=4).flat_map(|client| [token().by(client), refused(1, "b").by(client)]);
    let text = "passed: 1.3 the client stopped when the new credential was refused";
    assert_eq!(said(STOPS, &[session().saw_all(refused_again)]), text);
}

#[test]
fn one_call_alone_makes_no_storm() {
    let alone = session().saw(refused(1, "a")).saw(token()).saw(read(1, "b"));
    let text = "undecided: no two calls were refused for the same expired credential, and renewed it";
    assert_eq!(said(ONCE, &[alone]), text);
}

const STOPS: &str = "stops-when-new-credential-is-refused";

#[test]
fn a_client_whose_new_credential_is_refused_stops() {
    let once = session().saw(read(1, "a")).saw(refused(1, "a")).saw(token()).saw(refused(1, "b"));
    assert_eq!(said(STOPS, &[once]), "passed: 1.5 the client stopped when the new credential was refused");
    let mut endless = session().saw(read(1, "a"));
    for number in 0..4 {
        endless = endless.saw(refused(1, &number.to_string())).saw(token());
    }
    let text = "failed: 1.4+6+8+10 the credential was renewed 4 times in a row, and refused each time";
    assert_eq!(said(STOPS, &[endless]), text);
    let flood = session().saw(read(1, "a")).saw(refused(1, "a")).saw(token()).saw(refused(1, "b")).exit(Exit::Flooded);
    let text = "failed: 1.5 after the new credential was refused, the client was stopped for making too many calls";
    assert_eq!(said(STOPS, &[flood]), text);
}

#[test]
fn renewals_that_help_are_no_loop() {
    let mut often = session();
    for number in 0..5 {
        let name = number.to_string();
        often = often.saw(read(1, &name)).saw(refused(1, &name)).saw(token());
    }
    assert_eq!(said(STOPS, &[often.saw(read(1, "last"))]), "undecided: no new credential was refused");
}
