//! A client of any service that knows its document, and the ids of the records that are there: sound calls, broken ones, and noise.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use standin::call::{Call, RESERVED};
use standin::contract::Contract;
use standin::contract::operation::{Media, Operation};
use standin::contract::sample::{Direction, sample};
use standin::contract::violation::Place;
use standin::engine;
use standin::world::World;

use crate::draw::{Drawn, damage, mutate, upload};
use crate::random::Random;

/// Most calls with an idempotency key that are remembered.
const KEYED_MAX: usize = 60;
/// Newest records whose ids are used.
const KNOWN_MAX: usize = 20;
/// What stands where a credential should.
const STRANGERS: [&str; 4] = ["Bearer nobody", "Basic YTpi", "Bearer", ""];

/// What the client remembers.
pub struct Anyone {
    /// Header and value that every world lets in.
    credential: Option<(String, String)>,
    /// Calls that carried an idempotency key.
    keyed: Vec<Call>,
}

impl Anyone {
    pub fn new(contract: &Contract, world: &World) -> Anyone {
        Anyone { credential: engine::credential(contract, world), keyed: Vec::new() }
    }

    /// The next call that some client sends.
    pub fn draw(&mut self, contract: &Contract, world: &World, random: &mut Random) -> Drawn {
        match random.below(100) {
            0..3 => Drawn { call: self.noise(contract, random), operation: None },
            3..9 if !self.keyed.is_empty() => {
                let mut call = random.pick(&self.keyed).expect("there is one").clone();
                if random.chance(200) {
                    call.body = json!({"text": random.text()}).to_string().into();
                }
                Drawn { call, operation: None }
            }
            _ => self.by_document(contract, world, random),
        }
    }

    fn noise(&self, contract: &Contract, random: &mut Random) -> Call {
        let methods = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "PATCH", "DELETE", "BREW"];
        let ends = ["", "/", "//", "/%FF%FE", "/..", "/nothing/at/all", "/%2e%2e/x"];
        let bases = [&*contract.operations.base, "", "/v9"];
        let base = random.pick(&bases).expect("some");
        let method = Method::from_bytes(random.pick(&methods).expect("some").as_bytes()).expect("a token");
        let mut call = Call::new(method, &format!("{base}{}", random.pick(&ends).expect("some")));
        self.authorize(&mut call, random);
        call.body = random.bytes(64).into();
        call
    }

    fn by_document(&mut self, contract: &Contract, world: &World, random: &mut Random) -> Drawn {
        let operation = random.pick(&contract.operations.list).expect("there are operations");
        let mut call = self.sound(contract, operation, world, random);
        let plain = plain(&call.path);
        if random.chance(150)
            && let Ok(mut body) = serde_json::from_slice::<Value>(&call.body)
        {
            mutate(&mut body, random);
            call.body = body.to_string().into();
        }
        if call.method != Method::GET && random.chance(250) {
            self.add_key(contract, &mut call, random);
        }
        let damaged = random.chance(20).then(|| damage(&mut call, random)).is_some();
        Drawn { call, operation: (plain && !damaged).then(|| operation.id.clone()) }
    }

    /// A call as the document asks for it, as far as that can be told from it.
    pub fn sound(&self, contract: &Contract, operation: &Operation, world: &World, random: &mut Random) -> Call {
        let now = world.clock.now();
        let value = |schema: &Value, random: &mut Random| {
            text(&sample(&contract.document, schema, random.seed(), now, Direction::Request))
        };
        let base = contract.operations.base_of(operation);
        let mut path = format!("{base}{}", operation.template);
        let mut pairs = Vec::new();
        let mut call = Call::new(operation.method.clone(), "/");
        for parameter in &operation.parameters {
            let asked = parameter.required || random.chance(250);
            match parameter.place {
                Place::Path => {
                    let place = format!("{{{}}}", parameter.name);
                    let before = path.split(&place).next().unwrap_or_default().rsplit('/').nth(1).unwrap_or_default();
                    let known = id(world, &[&parameter.name, before], random);
                    let chosen = match random.below(40) {
                        0 => random.pick(&["%FF", "%00", "..%2F..", "💥", "x y", "0"]).map(|odd| (*odd).to_owned()),
                        _ => known,
                    };
                    let chosen = chosen.unwrap_or_else(|| encoded(&value(&parameter.raw, random)));
                    path = path.replace(&place, &chosen);
                }
                Place::Query if asked => {
                    let known = id(world, &[&parameter.name], random).filter(|_| parameter.name.len() > 2);
                    let odd = random.chance(80).then(|| random.text());
                    let chosen = odd.or(known).unwrap_or_else(|| value(&parameter.raw, random));
                    pairs.push(format!("{}={}", encoded(&parameter.name), encoded(&chosen)));
                }
                Place::Header if asked => {
                    let name = HeaderName::from_bytes(parameter.name.to_ascii_lowercase().as_bytes());
                    let value = HeaderValue::from_str(&value(&parameter.raw, random));
                    if let (Ok(name), Ok(value)) = (name, value) {
                        call.headers.insert(name, value);
                    }
                }
                _ => {}
            }
        }
        call.path = path;
        call.query = (!pairs.is_empty()).then(|| pairs.join("&"));
        self.authorize(&mut call, random);
        if let Some(media) = operation.body.as_ref().and_then(|body| random.pick(&body.media)) {
            fill_body(contract, world, media, &mut call, random);
        }
        call
    }

    fn authorize(&self, call: &mut Call, random: &mut Random) {
        let Some((name, value)) = &self.credential else { return };
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).expect("a header name");
        let value = match random.below(40) {
            0 => return,
            1 => random.pick(&STRANGERS).expect("some"),
            _ => value.as_str(),
        };
        call.headers.insert(name, HeaderValue::from_str(value).expect("visible ASCII"));
    }

    fn add_key(&mut self, contract: &Contract, call: &mut Call, random: &mut Random) {
        let Some(rule) = &contract.plan.idempotency else { return };
        let key = format!("key-{}", random.below(400));
        call.headers.insert(rule.header.clone(), HeaderValue::try_from(key).expect("visible ASCII"));
        if self.keyed.len() == KEYED_MAX {
            self.keyed.remove(random.below(KEYED_MAX));
        }
        self.keyed.push(call.clone());
    }
}

/// A path that means what it says, whoever reads it.
fn plain(path: &str) -> bool {
    path.is_ascii() && !path.contains(['%', ' ']) && !path.contains("//") && !path.ends_with('/')
}

fn fill_body(contract: &Contract, world: &World, media: &Media, call: &mut Call, random: &mut Random) {
    if media.name == "multipart/form-data" {
        return upload(call, random);
    }
    let now = world.clock.now();
    let mut body = sample(&contract.document, &media.raw, random.seed(), now, Direction::Request);
    enliven(&mut body, world, random);
    let kind = match random.below(60) {
        0 => "text/plain",
        1 => "",
        _ if media.name.contains('*') => "application/octet-stream",
        _ => &media.name,
    };
    call.headers.insert("content-type", HeaderValue::from_str(kind).expect("a media type"));
    call.body = match media.name.as_str() {
        "application/x-www-form-urlencoded" => form(&body).into(),
        name if name.ends_with("json") => body.to_string().into(),
        _ => Bytes::from(random.bytes(200)),
    };
}

fn form(body: &Value) -> String {
    let members = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_object());
    let pairs = members.map(|(name, value)| format!("{}={}", encoded(name), encoded(&text(value))));
    pairs.collect::<Vec<_>>().join("&")
}

/// Puts what is there in the place of what the sample made up, and leaves out a member now and then.
fn enliven(value: &mut Value, world: &World, random: &mut Random) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| enliven(item, world, random)),
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                if random.chance(60) {
                    members.shift_remove(&name);
                    continue;
                }
                let value = &mut members[&name];
                match (&*value, id(world, &[&name], random)) {
                    (Value::String(_), Some(id)) => *value = json!(id),
                    (Value::Array(items), Some(id)) if items.iter().all(Value::is_string) => *value = json!([id]),
                    _ => enliven(value, world, random),
                }
            }
        }
        _ => {}
    }
}

/// The id of a record that one of the words names: `postId`, `post_ids`, `posts`, `media`.
fn id(world: &World, words: &[&str], random: &mut Random) -> Option<String> {
    let named = |word: &&&str| {
        let bare = word.replace(['-', '_'], "").to_lowercase();
        let bare = bare.trim_end_matches('s');
        let bare = bare.strip_suffix("id").unwrap_or(bare).trim_end_matches('s').to_owned();
        world.store.names().position(|name| bare.len() > 2 && name.to_lowercase() == bare)
    };
    let index = words.iter().find_map(|word| named(&word))?;
    let known: Vec<String> = world.store.all(index).map(|record| record.id.to_string()).collect();
    random.pick(&known[known.len().saturating_sub(KNOWN_MAX)..]).cloned()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, RESERVED).to_string()
}
