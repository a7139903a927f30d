//! Draws calls from a contract: sound ones, broken ones, and noise.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Map, Value, json};
use standin::call::{Call, Unread};
use standin::contract::Contract;
use standin::contract::operation::Operation;
use standin::contract::sample::{Direction, sample};
use standin::world::World;

use crate::random::Random;

/// Most ids of one kind that are remembered.
const KNOWN_MAX: usize = 60;
const EVENTS: [&str; 7] = [
    "post.created",
    "post.delivered",
    "post.failed",
    "post.blocked",
    "channel.created",
    "channel.updated",
    "webhook.test",
];

/// What earlier replies told: the clients' memory.
#[derive(Default)]
pub struct Memory {
    /// Ids by what stands before their underscore.
    ids: BTreeMap<String, Vec<String>>,
    pub secrets: Vec<String>,
    states: Vec<String>,
    /// Calls that carried an idempotency key.
    keyed: Vec<Call>,
    /// Never deleted or narrowed, lest everything be 401.
    pub own_key: String,
}

/// A call, and the operation that it was drawn from unless it is noise.
pub struct Drawn {
    pub call: Call,
    pub operation: Option<String>,
}

impl Memory {
    /// Keeps what a reply tells.
    pub fn learn(&mut self, body: &Value, location: Option<&str>) {
        let state = location.and_then(|location| location.split("/_standin/consent/").nth(1)?.split('?').next());
        keep(&mut self.states, state);
        keep(&mut self.secrets, body.pointer("/data/apiKey").and_then(Value::as_str));
        self.learn_ids(&body["data"]);
    }

    pub fn learn_id(&mut self, id: &str) {
        let kind = id.split('_').next().unwrap_or_default().to_owned();
        keep(self.ids.entry(kind).or_default(), Some(id));
    }

    fn learn_ids(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_ids(item)),
            Value::Object(fields) => {
                for name in ["id", "key"] {
                    if let Some(id) = fields.get(name).and_then(Value::as_str) {
                        self.learn_id(id);
                    }
                }
                for name in ["post", "results"] {
                    fields.get(name).into_iter().for_each(|inner| self.learn_ids(inner));
                }
            }
            _ => {}
        }
    }

    fn id(&self, kind: &str, random: &mut Random) -> String {
        let of_kind = self.ids.get(kind).map_or(&[][..], Vec::as_slice);
        match random.below(40) {
            0 => {
                let other = random.pick(&["post", "channel", "webhook", "media"]).expect("there are some");
                random.pick(self.ids.get(*other).map_or(&[][..], Vec::as_slice)).cloned().unwrap_or_default()
            }
            1 => format!("{kind}_nobody"),
            2 => (*random.pick(&["%FF", "%00", "..%2F..", "a%2Fb", "%", "x y", "💥", "0"]).expect("some")).to_owned(),
            _ => random.pick(of_kind).cloned().unwrap_or_else(|| format!("{kind}_none")),
        }
    }
}

fn keep(list: &mut Vec<String>, item: Option<&str>) {
    let Some(item) = item.filter(|item| !list.iter().any(|known| known == item)) else { return };
    if list.len() == KNOWN_MAX {
        list.remove(1);
    }
    list.push(item.to_owned());
}

/// The next call that some client sends.
pub fn draw(contract: &Contract, world: &World, memory: &mut Memory, random: &mut Random) -> Drawn {
    match random.below(100) {
        0..3 => Drawn { call: noise(memory, random), operation: None },
        3..9 if !memory.keyed.is_empty() => Drawn { call: again(memory, random), operation: None },
        _ => from_contract(contract, world, memory, random),
    }
}

/// The same call once more, or one that only shares its key.
fn again(memory: &Memory, random: &mut Random) -> Call {
    let mut call = random.pick(&memory.keyed).expect("there is one").clone();
    if random.chance(200) {
        call.body = json!({"channelId": memory.id("channel", random), "content": random.text()}).to_string().into();
    }
    call
}

fn noise(memory: &Memory, random: &mut Random) -> Call {
    let methods = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "PATCH", "DELETE", "BREW"];
    let paths = [
        "/",
        "",
        "/v1",
        "/v1/",
        "/v2/posts",
        "/v1/posts/",
        "/v1//posts",
        "/v1/posts/a/b/c",
        "/v1/analytics/usage",
        "/v1/metrics",
        "/v1/%FF%FE",
        "/v1/posts/%2e%2e",
        "*",
        "/v1/POSTS",
        "/v1/posts/../channels",
    ];
    let method = Method::from_bytes(random.pick(&methods).expect("some").as_bytes()).expect("a token");
    let mut call = Call::new(method, random.pick(&paths).expect("some"));
    authorize(&mut call, memory, random);
    call.body = random.bytes(64).into();
    call
}

fn from_contract(contract: &Contract, world: &World, memory: &mut Memory, random: &mut Random) -> Drawn {
    let list = &contract.operations.list;
    let of_posts: Vec<&Operation> = list.iter().filter(|operation| operation.template.starts_with("/posts")).collect();
    let operation = match random.chance(300) {
        true => random.pick(&of_posts).copied().expect("there are posts"),
        false => random.pick(list).expect("there are operations"),
    };
    let path = path(contract, operation, memory, random);
    let mut call = Call::new(operation.method.clone(), &path);
    call.query = query(operation, world, memory, random);
    authorize(&mut call, memory, random);
    if operation.body.is_some() || random.chance(20) {
        body(contract, operation, world, memory, &mut call, random);
    }
    if call.method == Method::POST && random.chance(250) {
        let key = format!("key-{}", random.below(400));
        call.headers.insert("idempotency-key", HeaderValue::try_from(key).expect("visible ASCII"));
        if memory.keyed.len() == KNOWN_MAX {
            memory.keyed.remove(random.below(KNOWN_MAX));
        }
        memory.keyed.push(call.clone());
    }
    let damaged = random.chance(20).then(|| damage(&mut call, random)).is_some();
    let plain = !path.contains(['%', ' ']) && !path.contains("//") && !path.ends_with('/');
    Drawn { call, operation: (plain && !damaged).then(|| operation.id.clone()) }
}

fn path(contract: &Contract, operation: &Operation, memory: &Memory, random: &mut Random) -> String {
    let kind = match operation.template.split('/').nth(1) {
        _ if operation.template.contains("{channelId}") => "channel",
        Some("api-keys") => "apikey",
        Some("media") => "media",
        Some(plural) => plural.trim_end_matches('s'),
        None => "",
    };
    let mut id = memory.id(kind, random);
    if id == memory.own_key && operation.method != Method::GET {
        id = "apikey_nobody".to_owned();
    }
    let segments = operation.template.split('/').map(|segment| if segment.starts_with('{') { &id } else { segment });
    format!("{}{}", contract.operations.base_of(operation), segments.collect::<Vec<_>>().join("/"))
}

fn query(operation: &Operation, world: &World, memory: &Memory, random: &mut Random) -> Option<String> {
    let now = world.clock.now();
    if operation.template.ends_with("/callback") {
        let authorizations = world.store.find("authorization");
        let known = |state: &String| world.store.get(authorizations?, state).cloned();
        let provider = |state: &&String| {
            let provider = known(state).and_then(|record| record.field("provider").map(Cow::into_owned));
            provider.is_some_and(|name| operation.template.contains(name.as_str().unwrap_or("?")))
        };
        // Mostly the newest of the same network; now and then any.
        let newest = memory.states.iter().rev().find(provider).filter(|_| !random.chance(200));
        let state = newest.or_else(|| random.pick(&memory.states)).cloned().unwrap_or_default();
        let code = known(&state).and_then(|record| record.field("code").map(Cow::into_owned)).unwrap_or_default();
        let code = code.as_str().filter(|_| !random.chance(200)).unwrap_or("wrong").to_owned();
        return Some(match random.below(10) {
            0 => format!("error=access_denied&state={state}"),
            1 => format!("state={state}"),
            _ => format!("code={code}&state={state}"),
        });
    }
    let pairs = [
        "page=1",
        "page=2",
        "page=0",
        "page=99999999999999999999",
        "per_page=100",
        "per_page=1",
        "per_page=101",
        "per_page=x",
        "sort=-createdAt",
        "sort=createdAt,-scheduledFor",
        "sort=nothing",
        "sort=",
        "sort=name",
        "filter[status]=queued",
        "filter[status][in]=queued,done",
        "filter[status][gt]=queued",
        "filter[bogus]=1",
        "filter[content][contains]=e",
        "filter[content][contains]=%00",
        "filter[name][contains]=a",
        "filter[",
        "filter[a][b][c]=1",
        "%ff=%ff",
        "status=pending",
        "status=nothing",
        "from=2026-01-01",
        "to=2026-01-31",
        "from=0000-00-00",
        "date=2026-01-01",
        "date=tomorrow",
        "cursor=abc",
        "filter=",
        "page=1&page=2",
    ];
    let mut chosen = Vec::new();
    if operation.method == Method::GET || random.chance(30) {
        for _ in 0..random.below(4) {
            chosen.push(match random.below(12) {
                0 => format!("filter[channelId]={}", memory.id("channel", random)),
                1 => format!("filter[createdAt][gte]={}", now - random.between(0, 86_400_000)),
                2 => format!("channelId={}", memory.id("channel", random)),
                _ => (*random.pick(&pairs).expect("some")).to_owned(),
            });
        }
    }
    (!chosen.is_empty()).then(|| chosen.join("&"))
}

fn authorize(call: &mut Call, memory: &Memory, random: &mut Random) {
    let value = match random.below(60) {
        0 => return,
        1 => "Bearer flow_sk_test_abc12345_unknown".to_owned(),
        2 => "Basic YTpi".to_owned(),
        3 => "Bearer".to_owned(),
        4..9 => format!("Bearer {}", random.pick(&memory.secrets).expect("the own key is among them")),
        _ => format!("Bearer {}", memory.secrets[0]),
    };
    call.headers.insert("authorization", HeaderValue::try_from(value).expect("visible ASCII"));
}

fn body(
    contract: &Contract,
    operation: &Operation,
    world: &World,
    memory: &Memory,
    call: &mut Call,
    random: &mut Random,
) {
    let media = operation.body.as_ref().and_then(|body| body.media.first());
    if media.is_some_and(|media| media.name == "multipart/form-data") {
        return upload(call, random);
    }
    let raw = media.map_or(Value::Bool(true), |media| media.raw.clone());
    let now = world.clock.now();
    let mut value = sample(&contract.document, &raw, random.seed(), now, Direction::Request);
    enliven(&mut value, now, memory, random, 0);
    if operation.id == "updateApiKey" && random.chance(500) {
        value = json!({"name": random.text()});
    }
    if random.chance(200) {
        mutate(&mut value, random);
    }
    let kind = match random.below(60) {
        0 => "text/plain",
        1 => "application/json; charset=utf-8",
        2 => "",
        _ => "application/json",
    };
    call.headers.insert("content-type", HeaderValue::from_static(kind));
    call.body = value.to_string().into();
}

/// Puts what the clients know in the place of what the sample made up.
fn enliven(value: &mut Value, now: i64, memory: &Memory, random: &mut Random, depth: usize) {
    let Value::Object(fields) = value else { return };
    if depth == 0 && random.chance(300) {
        fields.shift_remove("scheduledFor");
    }
    for (name, value) in fields.iter_mut() {
        *value = match name.as_str() {
            "channelId" => json!(memory.id("channel", random)),
            "id" => json!(memory.id("post", random)),
            "postIds" => (0..1 + random.below(4)).map(|_| memory.id("post", random)).collect(),
            "mediaKeys" => (0..random.below(3)).map(|_| memory.id("media", random)).collect(),
            "scheduledFor" => time(now, random),
            "content" if random.chance(100) => json!("long ".repeat(60)),
            "content" | "name" => json!(format!("x{}", random.text())),
            "url" => json!(format!("https://receiver{}.example/hook", random.below(5))),
            "events" => json!(EVENTS[random.below(4)..=4 + random.below(3)]),
            "permissions" if random.chance(500) => json!(["posts:read", "posts:write", "channels:read"]),
            "active" => json!(random.chance(700)),
            "posts" => many(value, now, memory, random, depth),
            _ => continue,
        };
    }
}

fn many(items: &Value, now: i64, memory: &Memory, random: &mut Random, depth: usize) -> Value {
    let first = items.get(0).cloned().unwrap_or(Value::Null);
    let count = if random.chance(20) { 101 } else { 1 + random.below(5) };
    let mut items = vec![first; count];
    for item in &mut items {
        enliven(item, now, memory, random, depth + 1);
        if random.chance(100) {
            mutate(item, random);
        }
    }
    Value::Array(items)
}

fn time(now: i64, random: &mut Random) -> Value {
    let at = now + random.between(-60_000, 7_200_000);
    match random.below(5) {
        0 => Value::Null,
        1 => json!(standin::instant::iso(at)),
        _ => json!(at),
    }
}

/// One thing wrong with a value.
pub fn mutate(value: &mut Value, random: &mut Random) {
    let Value::Object(fields) = value else {
        *value = json!([random.text()]);
        return;
    };
    let names: Vec<String> = fields.keys().cloned().collect();
    let name = random.pick(&names).cloned().unwrap_or_else(|| "name".to_owned());
    let wrong = match random.below(9) {
        0 => {
            fields.shift_remove(&name);
            return;
        }
        1 => {
            fields.insert("unexpected".to_owned(), json!({"a": [1, 2]}));
            return;
        }
        2 => Value::Null,
        3 => json!(random.between(i64::MIN, i64::MAX)),
        4 => json!(1e300),
        5 => json!("y".repeat(12_000)),
        6 => json!([[[[]]]]),
        7 => (0..300).fold(Value::Null, |inside, _| Value::Object(Map::from_iter([("a".to_owned(), inside)]))),
        _ => json!(random.text()),
    };
    fields.insert(name, wrong);
}

pub fn upload(call: &mut Call, random: &mut Random) {
    let kind = random.pick(&["image/png", "image/png", "image/jpeg", "video/mp4", "text/html"]).expect("some");
    let part = random.pick(&["file", "file", "file", "file", "files"]).expect("some");
    let mut bytes = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"f{}.png\"\r\nContent-Type: {kind}\r\n\r\n",
        random.below(9)
    )
    .into_bytes();
    bytes.extend(random.bytes(200));
    bytes.extend(b"\r\n--edge--\r\n");
    call.headers.insert("content-type", HeaderValue::from_static("multipart/form-data; boundary=edge"));
    call.body = bytes.into();
}

/// What happens to bytes on bad days.
pub fn damage(call: &mut Call, random: &mut Random) {
    match random.below(6) {
        0 => call.body = call.body.slice(..random.below(call.body.len() + 1)),
        1 => call.body = random.bytes(300).into(),
        2 => call.unread = Some(Unread::TooLarge { limit: 1 << 20 }),
        3 => call.unread = Some(Unread::Truncated),
        4 => call.path.push_str("/%zz"),
        _ => call.method = Method::PUT,
    }
    if call.unread.is_some() {
        call.body = Bytes::new();
    }
}
