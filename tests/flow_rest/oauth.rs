//! The walk of a browser that connects an account: start, consent page, callback.

use form_urlencoded::parse;
use http::Method;
use serde_json::{Value, json};
use standin::call::{Call, Reply};
use standin::engine;

use crate::helpers::{DAY, NOW, column, not_found, plant, refused};
use crate::support::{Answer, Fake};

const PROVIDERS: [&str; 4] = ["twitter", "linkedin", "meta", "tiktok"];
const UNKNOWN_STATE: &str = "State is unknown, used or expired";

/// A call as a browser makes it: no credential, no body.
fn browse(fake: &mut Fake, target: &str) -> Answer {
    Answer::of(fake.send(&Call::new(Method::GET, target)))
}

/// A page that the fake serves by itself.
fn page(fake: &Fake, url: &str) -> Option<Reply> {
    let call = Call::new(Method::GET, url.strip_prefix("http://127.0.0.1:4010").expect("our own origin"));
    let path = call.path.strip_prefix("/_standin/").expect("an own page").to_owned();
    engine::own_page(&fake.contract, &fake.world, &path, &call)
}

fn html(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).expect("text")
}

fn query(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The target of the link with this id, as a browser reads it.
#[track_caller]
fn link(html: &str, id: &str) -> String {
    let (_, rest) = html.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {html}"));
    let (_, rest) = rest.split_once("href=\"").expect("a target");
    let (target, _) = rest.split_once('"').expect("the target's end");
    target.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What follows the origin in a link to the API.
#[track_caller]
fn target(url: &str) -> String {
    url.strip_prefix("http://127.0.0.1:4010").unwrap_or_else(|| panic!("{url} leads away")).to_owned()
}

/// Starts and gives the consent page's URL.
#[track_caller]
fn start(fake: &mut Fake, provider: &str, query: &str) -> String {
    let started = browse(fake, &format!("/v1/connections/{provider}/auth{query}")).expect(302);
    assert!(started.reply.body.is_empty());
    started.header("location").expect("where to go").to_owned()
}

/// Starts and gives the two callbacks that the page offers.
#[track_caller]
fn offers(fake: &mut Fake, provider: &str, query: &str) -> (String, String) {
    let url = start(fake, provider, query);
    let page = page(fake, &url).expect("a consent page");
    (target(&link(html(&page), "approve")), target(&link(html(&page), "deny")))
}

/// The whole walk with approval.
#[track_caller]
fn connect(fake: &mut Fake, provider: &str, query: &str) -> Answer {
    let (approve, _) = offers(fake, provider, query);
    browse(fake, &approve).expect(302)
}

/// The connections that the walks made.
fn made(fake: &mut Fake) -> Vec<Value> {
    let listed = fake.get("/v1/connections?per_page=100").expect(200);
    let all = listed.at("/data").as_array().expect("a list").iter();
    let made = all.filter(|one| one["username"].as_str().is_some_and(|name| name.starts_with("standin_")));
    made.cloned().collect()
}

#[test]
fn a_browser_without_a_key_connects_an_account_of_each_provider() {
    for (provider, platforms) in [
        ("twitter", &["twitter"][..]),
        ("linkedin", &["linkedin"]),
        ("meta", &["instagram", "facebook"]),
        ("tiktok", &["tiktok"]),
    ] {
        let mut fake = Fake::flow();
        let done = connect(&mut fake, provider, "");
        let page = page(&fake, done.header("location").expect("a last page")).expect("the last page");
        assert!(html(&page).contains(&format!("Your {provider} account is connected")), "{}", html(&page));
        let made = made(&mut fake);
        let found: Vec<&str> = made.iter().filter_map(|one| one["platform"].as_str()).collect();
        assert_eq!(found, platforms, "{provider}");
        for one in &made {
            let platform = one["platform"].as_str().expect("a platform");
            let connection = json!({
                "id": one["id"], "userId": "user_k3v9x2mq", "platform": platform,
                "username": format!("standin_{platform}"), "displayName": format!("Standin on {platform}"),
                "status": "active", "channelIds": [], "expiresAt": NOW + 60 * DAY, "lastVerifiedAt": null, "createdAt": NOW,
            });
            assert_eq!(one, &connection);
        }
    }
}

#[test]
fn the_new_connection_joins_the_channel_that_was_named() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        connect(&mut fake, provider, "?channelId=channel_weekly");
        let made: Vec<String> = made(&mut fake)
            .iter()
            .map(|one| {
                assert_eq!(one["channelIds"], json!(["channel_weekly"]));
                one["id"].as_str().expect("an id").to_owned()
            })
            .collect();
        let channel = fake.get("/v1/channels/channel_weekly").expect(200);
        let mut joined: Vec<String> = serde_json::from_value(channel.at("/data/connectionIds").clone()).expect("ids");
        assert_eq!(joined.remove(0), "connection_facebook", "who was there stays");
        joined.reverse();
        assert_eq!(joined, made, "{provider}");
        let other = fake.get("/v1/channels/channel_launch").expect(200);
        assert_eq!(other.at("/data/connectionIds"), &json!(["connection_twitter", "connection_linkedin"]));
    }
}

#[test]
fn a_second_walk_renews_the_connection_and_keeps_its_channels() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        connect(&mut fake, provider, "?channelId=channel_weekly");
        let first = made(&mut fake);
        for one in &first {
            plant(&mut fake, "connection", json!({"id": one["id"], "status": "revoked"}));
        }
        fake.wait(86_400);
        connect(&mut fake, provider, "?channelId=channel_launch");
        connect(&mut fake, provider, "?channelId=channel_launch");
        let again = made(&mut fake);
        assert_eq!(again.len(), first.len(), "{provider}: renewed, not made anew");
        for (before, after) in first.iter().zip(&again) {
            assert_eq!((&after["id"], &after["createdAt"]), (&before["id"], &before["createdAt"]));
            assert_eq!((&after["status"], &after["expiresAt"]), (&json!("active"), &json!(NOW + 61 * DAY)));
            assert_eq!(after["channelIds"], json!(["channel_weekly", "channel_launch"]));
        }
    }
}

#[test]
fn a_post_goes_out_through_a_connection_made_in_the_browser() {
    let mut fake = Fake::flow();
    let channel = fake.post("/v1/channels", json!({"name": "New"})).expect(201).text("/data/id");
    connect(&mut fake, "tiktok", &format!("?channelId={channel}"));
    let post = fake.post("/v1/posts", json!({"channelId": channel, "content": "Hello"})).expect(201).text("/data/id");
    fake.wait(3);
    assert_eq!(fake.get(&format!("/v1/posts/{post}")).expect(200).at("/data/status"), "done");
}

#[test]
fn the_start_carries_state_and_return_address_and_only_twitter_uses_pkce() {
    let mut fake = Fake::flow();
    let mut states = Vec::new();
    for provider in PROVIDERS {
        let url = start(&mut fake, provider, "");
        assert_eq!(query(&url, "response_type").as_deref(), Some("code"));
        let back = format!("http://127.0.0.1:4010/v1/connections/{provider}/callback");
        assert_eq!(query(&url, "redirect_uri"), Some(back));
        let state = query(&url, "state").expect("a state");
        assert!(state.len() == 32 && !states.contains(&state), "{state}");
        states.push(state);
        let challenge = query(&url, "code_challenge");
        assert_eq!(query(&url, "code_challenge_method").as_deref(), (provider == "twitter").then_some("S256"));
        assert_eq!(challenge.is_some(), provider == "twitter");
        // SHA-256 in base64url without padding.
        let fits = |text: &String| {
            text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        assert!(challenge.as_ref().is_none_or(fits), "{challenge:?}");
    }
}

#[test]
fn a_start_with_a_key_works_as_well_and_a_wrong_key_does_not_matter() {
    let mut fake = Fake::flow();
    fake.get("/v1/connections/tiktok/auth").expect(302);
    let call =
        crate::support::header(Call::new(Method::GET, "/v1/connections/tiktok/auth"), "Authorization", "Bearer no");
    Answer::of(fake.send(&call)).expect(302);
}

#[test]
fn a_start_for_an_unknown_channel_is_refused() {
    let mut fake = Fake::flow();
    for provider in PROVIDERS {
        not_found(
            &browse(&mut fake, &format!("/v1/connections/{provider}/auth?channelId=channel_none")),
            "Channel not found",
        );
        let answer = browse(&mut fake, &format!("/v1/connections/{provider}/auth?channelId="));
        refused(&answer, "channelId", "Channel ID must be at least 1 character");
    }
}

#[test]
fn a_channel_deleted_during_the_walk_is_not_joined() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (approve, _) = offers(&mut fake, provider, "?channelId=channel_weekly");
        fake.delete("/v1/channels/channel_weekly").expect(200);
        browse(&mut fake, &approve).expect(302);
        for one in made(&mut fake) {
            assert_eq!(one["channelIds"], json!([]), "{provider}");
        }
    }
}

#[test]
fn a_callback_without_a_good_state_is_refused() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let callback = format!("/v1/connections/{provider}/callback");
        for query in ["", "?code=x", "?state=&code=x", "?state=nonsense&code=x", "?error=access_denied", "?state=%00"] {
            refused(&browse(&mut fake, &format!("{callback}{query}")), "state", UNKNOWN_STATE);
        }
        assert_eq!(made(&mut fake), [] as [Value; 0]);
    }
}

#[test]
fn a_state_serves_once() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (approve, deny) = offers(&mut fake, provider, "");
        browse(&mut fake, &approve).expect(302);
        refused(&browse(&mut fake, &approve), "state", UNKNOWN_STATE);
        refused(&browse(&mut fake, &deny), "state", UNKNOWN_STATE);
    }
}

#[test]
fn a_state_is_good_for_ten_minutes() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (approve, _) = offers(&mut fake, provider, "");
        let (late, _) = offers(&mut fake, provider, "");
        fake.wait(599);
        browse(&mut fake, &approve).expect(302);
        fake.wait(1);
        refused(&browse(&mut fake, &late), "state", UNKNOWN_STATE);
    }
}

#[test]
fn a_state_of_one_provider_is_unknown_to_the_others() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (approve, _) = offers(&mut fake, provider, "");
        for other in PROVIDERS.into_iter().filter(|other| *other != provider) {
            let foreign = approve.replace(&format!("/{provider}/"), &format!("/{other}/"));
            refused(&browse(&mut fake, &foreign), "state", UNKNOWN_STATE);
        }
        browse(&mut fake, &approve).expect(302);
    }
}

#[test]
fn a_denial_is_told_and_connects_nothing() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (_, deny) = offers(&mut fake, provider, "");
        refused(&browse(&mut fake, &deny), "error", "The provider answered: access_denied");
        assert_eq!(made(&mut fake), [] as [Value; 0]);
    }
}

#[test]
fn a_wrong_or_missing_code_is_refused() {
    for provider in PROVIDERS {
        let mut fake = Fake::flow();
        let (approve, _) = offers(&mut fake, provider, "");
        let state = query(&approve, "state").expect("a state");
        let callback = format!("/v1/connections/{provider}/callback?state={state}");
        refused(&browse(&mut fake, &callback), "code", "Code is missing or wrong");
        refused(&browse(&mut fake, &format!("{callback}&code=")), "code", "Code is missing or wrong");
        refused(&browse(&mut fake, &format!("{callback}&code=wrong")), "code", "Code is missing or wrong");
        assert_eq!(made(&mut fake), [] as [Value; 0]);
        browse(&mut fake, &approve).expect(302);
    }
}

#[test]
fn the_consent_page_is_whole_and_brings_everything_itself() {
    let mut fake = Fake::flow();
    for provider in PROVIDERS {
        let url = start(&mut fake, provider, "");
        let reply = page(&fake, &url).expect("a page");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
        let html = html(&reply);
        well_formed(html);
        assert!(html.contains(&format!("<title>Connect {provider}</title>")), "{html}");
        for outside in ["<script", "<link", "<img", "src=", "@import", "url(", "<iframe"] {
            assert!(!html.contains(outside), "{outside} in {html}");
        }
        assert_eq!(query(&link(html, "deny"), "error").as_deref(), Some("access_denied"));
        assert!(
            link(html, "approve").starts_with(&format!("http://127.0.0.1:4010/v1/connections/{provider}/callback?"))
        );
    }
}

#[test]
fn the_consent_page_escapes_what_it_did_not_write() {
    let mut fake = Fake::flow();
    let url = start(&mut fake, "meta", "");
    let path = target(&url).split('?').next().expect("a path").replace("/_standin/", "");
    let mut call = Call::new(Method::GET, "/");
    call.origin = "http://h/\"><script>alert('x')</script>&amp;".to_owned();
    let reply = engine::own_page(&fake.contract, &fake.world, &path, &call).expect("a page");
    assert!(!html(&reply).contains("<script"), "{}", html(&reply));
    well_formed(html(&reply));
    assert!(link(html(&reply), "approve").starts_with(&call.origin), "and the link is right again once read");
}

#[test]
fn there_is_no_consent_page_for_an_unknown_state() {
    let fake = Fake::flow();
    for path in ["consent/nonsense", "consent/", "consent", "consent/nonsense/done", "nothing", ""] {
        assert!(engine::own_page(&fake.contract, &fake.world, path, &Call::new(Method::GET, "/")).is_none(), "{path}");
    }
}

#[test]
fn authorizations_and_their_codes_are_not_shown_anywhere() {
    let mut fake = Fake::flow();
    let (approve, _) = offers(&mut fake, "twitter", "");
    let code = query(&approve, "code").expect("a code");
    browse(&mut fake, &approve).expect(302);
    let listed = fake.get("/v1/connections").expect(200);
    assert!(!listed.body.to_string().contains(&code));
    assert_eq!(column(&listed, "platform").len(), 4);
}

/// Every element is closed where it should be, attributes are quoted, and every `&` starts a character reference.
#[track_caller]
fn well_formed(html: &str) {
    let body = html.strip_prefix("<!doctype html>\n").expect("a document type first");
    let mut open = Vec::new();
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("an open tag: <{piece}"));
        assert!(!text.contains('>') || open.last() == Some(&"style"), "a stray > in {text}");
        assert_eq!(tag.matches('"').count() % 2, 0, "an open quote in <{tag}>");
        for reference in piece.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
            assert!(known.iter().any(|name| reference.starts_with(name)), "a stray & in {piece}");
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.starts_with("meta") => {}
            None => open.push(tag.split_whitespace().next().unwrap_or_default()),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}
