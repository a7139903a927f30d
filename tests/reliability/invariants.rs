//! What is true of a world at any time, seen through the API of a copy of it, and compared with what the test counted.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use standin::contract::Contract;
use standin::engine;
use standin::world::World;
use standin::world::outbox::Outcome;
use standin::world::quota::Quotas;

use crate::history::{Day, History};
use crate::support::{Answer, Fake};

const DAY_MS: i64 = 86_400_000;
/// How far back usage is compared.
const DAYS_SEEN: i64 = 300;
/// Lists of the API, and the collection that each shows.
const LISTS: [(&str, &str); 5] = [
    ("/v1/posts", "post"),
    ("/v1/channels", "channel"),
    ("/v1/api-keys", "apiKey"),
    ("/v1/connections", "connection"),
    ("/v1/webhooks", "webhook"),
];

/// A copy of a world in which nothing stands in the way: no faults, no limits used up, a key that may do everything.
struct Probe(Fake);

impl Probe {
    fn of(contract: &Arc<Contract>, world: &World) -> Probe {
        let mut world = world.clone();
        for armed in world.faults.list() {
            engine::control::disarm(&mut world, armed.id);
        }
        let ids = engine::seed(contract, &mut world, "apiKey", &[json!({"name": "Probe"})]).expect("a sound key");
        let keys = world.store.find("apiKey").expect("there are keys");
        let secret = world.store.get(keys, &ids[0]).and_then(|key| key.field("apiKey")).expect("a key has a secret");
        let credential = format!("Bearer {}", secret.as_str().expect("text"));
        Probe(Fake {
            contract: Arc::clone(contract),
            world,
            credential: Some(("authorization".to_owned(), credential)),
        })
    }

    #[track_caller]
    fn get(&mut self, target: &str) -> Answer {
        self.0.world.quotas = Quotas::default();
        self.0.get(target).expect(200)
    }

    /// Every item of a list, over all pages; the total on each page is their number.
    fn all(&mut self, target: &str) -> Vec<Value> {
        let joint = if target.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        for page in 1.. {
            let answer = self.get(&format!("{target}{joint}per_page=100&page={page}"));
            let found = answer.at("/data").as_array().expect("a list").clone();
            let pages = answer.at("/meta/pagination/total_pages").as_u64().expect("a number");
            items.extend(found);
            if page >= pages {
                assert_eq!(answer.at("/meta/pagination/total"), items.len(), "{target}");
                break;
            }
        }
        items
    }
}

/// What has been counted before the first call: the seed's own records.
pub fn at_the_start(contract: &Arc<Contract>, world: &World) -> History {
    let mut history = History::default();
    history.posts = posts(world);
    let today = world.clock.now().div_euclid(DAY_MS);
    for (day, told) in (today - DAYS_SEEN..).zip(days(&mut Probe::of(contract, world), today)) {
        let posts = told["posts"].as_u64().expect("a number");
        history.days.insert(day, Day { posts, ..Day::default() });
    }
    history
}

/// Every post's state as the store has it.
pub fn posts(world: &World) -> BTreeMap<String, String> {
    let index = world.store.find("post").expect("there are posts");
    let state =
        |value: Option<Cow<'_, Value>>| value.and_then(|value| value.as_str().map(str::to_owned)).expect("a state");
    world.store.all(index).map(|record| (record.id.to_string(), state(record.field("status")))).collect()
}

pub fn check(contract: &Arc<Contract>, world: &World, history: &mut History) {
    let mut probe = Probe::of(contract, world);
    let probed = probe.0.world.clone();
    states(world, history);
    references(&probed);
    usage(&mut probe, &probed, history); // First: what the probe itself asks is counted, too.
    lists(&mut probe, &probed);
    deliveries(&mut probe, &probed, history);
}

/// The store has no post that nobody was told of, and none in a state that it was not seen to enter.
fn states(world: &World, history: &mut History) {
    let stored = posts(world);
    for (id, state) in &stored {
        assert_eq!(history.posts.get(id), Some(state), "post {id}");
    }
    history.posts = stored;
}

fn references(world: &World) {
    let ids = |name: &str| -> BTreeSet<String> {
        let index = world.store.find(name).expect("a collection");
        world.store.all(index).map(|record| record.id.to_string()).collect()
    };
    let values = |name: &str| -> Vec<Value> {
        let index = world.store.find(name).expect("a collection");
        world.store.all(index).map(|record| record.value()).collect()
    };
    let (channels, connections, media, webhooks) = (ids("channel"), ids("connection"), ids("media"), ids("webhook"));
    let resolves = |record: &Value, field: &str, targets: &BTreeSet<String>| {
        let all = match &record[field] {
            Value::Array(items) => items.clone(),
            one => vec![one.clone()],
        };
        for id in all {
            assert!(id.as_str().is_some_and(|id| targets.contains(id)), "{field} {id} leads nowhere: {record:#}");
        }
    };
    for post in values("post").iter().filter(|post| post["status"] == "queued") {
        resolves(post, "channelId", &channels);
        resolves(post, "mediaKeys", &media);
    }
    let mut pairs = BTreeSet::new();
    for channel in &values("channel") {
        resolves(channel, "connectionIds", &connections);
        pairs.extend(pairs_of(channel, "connectionIds", false));
    }
    let mut turned = BTreeSet::new();
    for connection in &values("connection") {
        resolves(connection, "channelIds", &channels);
        turned.extend(pairs_of(connection, "channelIds", true));
    }
    assert_eq!(pairs, turned, "channels and connections agree on who belongs together");
    for delivery in &values("webhookDelivery") {
        resolves(delivery, "webhookId", &webhooks);
    }
}

fn pairs_of(record: &Value, field: &str, turned: bool) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let own = text(&record["id"]);
    let others = record[field].as_array().expect("a list").iter().map(text);
    others.map(|other| if turned { (other, own.clone()) } else { (own.clone(), other) }).collect()
}

fn lists(probe: &mut Probe, world: &World) {
    for (path, name) in LISTS {
        let index = world.store.find(name).expect("a collection");
        let stored: BTreeSet<String> = world.store.all(index).map(|record| record.id.to_string()).collect();
        let items = probe.all(path);
        let listed: BTreeSet<String> =
            items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!((listed.len(), &listed), (items.len(), &stored), "{path}");
        let created: Vec<i64> = items.iter().map(|item| item["createdAt"].as_i64().expect("an instant")).collect();
        assert!(created.is_sorted_by(|one, two| one >= two), "{path} is listed newest first");
    }
    let posts = world.store.find("post").expect("there are posts");
    let mut total = 0;
    for state in ["queued", "flowing", "done", "blocked"] {
        let items = probe.all(&format!("/v1/posts?filter[status]={state}&sort=scheduledFor"));
        assert!(items.iter().all(|item| item["status"] == state));
        total += items.len();
    }
    assert_eq!(total, world.store.len(posts), "every post is in one of the four states");
}

fn usage(probe: &mut Probe, world: &World, history: &History) {
    let today = world.clock.now().div_euclid(DAY_MS);
    for (day, told) in (today - DAYS_SEEN..).zip(days(probe, today)) {
        let counted = history.days.get(&day).cloned().unwrap_or_default();
        let counted = json!({
            "date": date(day), "requests": counted.calls, "posts": counted.posts, "errors": counted.errors
        });
        assert_eq!(told, counted);
    }
    let mut answer = probe.get("/v1/usage");
    let of = |name: &str| world.store.len(world.store.find(name).expect("a collection"));
    assert_eq!(answer.at("/data/channels/used"), of("channel"));
    assert_eq!(answer.at("/data/connections/used"), of("connection"));
    answer = probe.get("/v1/usage/day");
    let by_endpoint = answer.at("/data/byEndpoint").as_object().expect("an object");
    let sum: u64 = by_endpoint.values().filter_map(Value::as_u64).sum();
    assert_eq!(answer.at("/data/requests"), sum, "the endpoints' calls add up");
}

fn date(day: i64) -> String {
    standin::instant::date(day * DAY_MS).expect("a date")
}

/// What the API tells of the days up to today.
fn days(probe: &mut Probe, today: i64) -> Vec<Value> {
    let first = today - DAYS_SEEN;
    let answer = probe.get(&format!("/v1/usage/history?from={}&to={}", date(first), date(today)));
    let days = answer.at("/data").as_array().expect("a list").clone();
    assert_eq!(days.len() as i64, DAYS_SEEN + 1);
    days
}

fn deliveries(probe: &mut Probe, world: &World, history: &History) {
    let index = world.store.find("webhookDelivery").expect("deliveries are logged");
    let mut stored = BTreeMap::new();
    for record in world.store.all(index) {
        let log = record.value();
        agrees(&log, history.attempts.get(&*record.id));
        *stored.entry(log["webhookId"].as_str().expect("an id").to_owned()).or_insert(0_usize) += 1;
    }
    let webhooks = world.store.find("webhook").expect("there are webhooks");
    for webhook in world.store.all(webhooks).take(5) {
        let listed = probe.all(&format!("/v1/webhooks/{}/deliveries", webhook.id));
        assert_eq!(listed.len(), stored.get(&*webhook.id).copied().unwrap_or(0), "deliveries of {}", webhook.id);
    }
}

fn agrees(log: &Value, seen: Option<&(u64, Outcome)>) {
    let (attempts, last) = seen.map_or((0, None), |(attempts, last)| (*attempts, Some(last)));
    assert_eq!(log["attemptCount"], attempts, "{log:#}");
    let answered = match last {
        Some(Outcome::Answered(status)) => Value::from(*status),
        _ => Value::Null,
    };
    assert!(log["status"] == "failed" || log["responseCode"] == answered, "{log:#}");
    let well = matches!(last, Some(Outcome::Answered(200..300)));
    assert_eq!(log["status"] == "delivered", well, "{log:#}");
    assert_eq!(log["deliveredAt"].is_null(), !well, "{log:#}");
    assert_eq!(log["nextRetryAt"].is_null(), log["status"] != "pending", "{log:#}");
    assert!(attempts <= 5, "{log:#}");
}
