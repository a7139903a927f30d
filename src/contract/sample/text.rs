//! Strings: by pattern, by format, or realistic for the property's name.

use fake::Fake;
use fake::faker::address::en::{CityName, CountryName, StateName, StreetName, ZipCode};
use fake::faker::company::en::CompanyName;
use fake::faker::internet::en::{IPv4, IPv6, SafeEmail, UserAgent, Username};
use fake::faker::lorem::en::{Sentence, Word, Words};
use fake::faker::name::en::{FirstName, LastName, Name};
use fake::faker::phone_number::en::PhoneNumber;
use jiff::Timestamp;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::number::size;
use super::pattern;

/// The longest text that `minLength` can ask for.
const LENGTH_MAX: usize = 10_000;

pub fn text(schema: &Map<String, Value>, name: &str, now: i64, random: &mut ChaCha8Rng) -> String {
    let least = size(schema, "minLength").unwrap_or(0).min(LENGTH_MAX);
    let most = size(schema, "maxLength").unwrap_or(usize::MAX);
    if let Some(wanted) = schema.get("pattern").and_then(Value::as_str)
        && let Some(text) = pattern::sample(wanted, least, most, random)
    {
        return text;
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    match by_format(format, now, random) {
        Some(text) => text,
        None => fit(by_name(name, now, random), least, most, random),
    }
}

fn by_format(format: &str, now: i64, random: &mut ChaCha8Rng) -> Option<String> {
    Some(match format {
        "date-time" => time(now, "%Y-%m-%dT%H:%M:%SZ"),
        "date" => time(now, "%Y-%m-%d"),
        "time" => time(now, "%H:%M:%SZ"),
        "duration" => "PT1H".to_owned(),
        "email" | "idn-email" => SafeEmail().fake_with_rng(random),
        "uri" | "url" | "iri" => url(random),
        "uri-reference" | "iri-reference" => format!("/{}", word(random)),
        "uri-template" => "/items/{id}".to_owned(),
        "uuid" => uuid(random),
        "hostname" | "idn-hostname" => format!("{}.example.com", word(random)),
        "ipv4" => IPv4().fake_with_rng(random),
        "ipv6" => IPv6().fake_with_rng(random),
        "byte" => "c2FtcGxl".to_owned(),
        "json-pointer" => "/a/b".to_owned(),
        "relative-json-pointer" => "1/a".to_owned(),
        "regex" => "^[a-z]+$".to_owned(),
        _ => return None,
    })
}

/// Reads the last words of a name: `authorEmail` is an email address.
fn by_name(name: &str, now: i64, random: &mut ChaCha8Rng) -> String {
    let words = crate::words::humanise(name).to_ascii_lowercase();
    let is = |suffix: &str| words == suffix || words.ends_with(&format!(" {suffix}"));
    let any = |suffixes: &[&str]| suffixes.iter().any(|suffix| is(suffix));
    match () {
        () if is("email") => SafeEmail().fake_with_rng(random),
        () if is("first name") => FirstName().fake_with_rng(random),
        () if is("last name") => LastName().fake_with_rng(random),
        () if any(&["username", "user name", "handle", "login"]) => Username().fake_with_rng(random),
        () if is("file name") || is("filename") => format!("{}.png", word(random)),
        () if any(&["name", "author", "owner"]) => Name().fake_with_rng(random),
        () if any(&["id", "key", "token", "secret"]) => hexadecimal(random, 12),
        () if any(&["url", "uri", "link", "href", "website", "avatar", "image"]) => url(random),
        () if any(&["at", "timestamp"]) && words.contains(' ') => time(now, "%Y-%m-%dT%H:%M:%SZ"),
        () if is("date") => time(now, "%Y-%m-%d"),
        () if any(&["phone", "phone number", "mobile"]) => PhoneNumber().fake_with_rng(random),
        () if is("city") => CityName().fake_with_rng(random),
        () if is("country") => CountryName().fake_with_rng(random),
        () if any(&["state", "region"]) => StateName().fake_with_rng(random),
        () if any(&["street", "address"]) => StreetName().fake_with_rng(random),
        () if any(&["zip", "zip code", "postal code", "postcode"]) => ZipCode().fake_with_rng(random),
        () if any(&["company", "organization", "organisation"]) => CompanyName().fake_with_rng(random),
        () if any(&["color", "colour"]) => format!("#{}", hexadecimal(random, 6)),
        () if is("currency") => "EUR".to_owned(),
        () if any(&["locale", "language"]) => "en".to_owned(),
        () if any(&["timezone", "time zone", "tz"]) => "Europe/Berlin".to_owned(),
        () if any(&["mime type", "content type", "media type"]) => "image/png".to_owned(),
        () if is("version") => "1.0.0".to_owned(),
        () if is("ip") => IPv4().fake_with_rng(random),
        () if is("user agent") => UserAgent().fake_with_rng(random),
        () if any(&["slug", "tag", "code", "type", "status", "kind"]) => word(random),
        () if any(&["title", "subject", "label"]) => Words(2..4).fake_with_rng::<Vec<String>, _>(random).join(" "),
        () if any(&["description", "content", "text", "body", "message", "summary", "bio", "note", "comment"]) => {
            Sentence(4..9).fake_with_rng(random)
        }
        () => word(random),
    }
}

/// Cuts and fills up to the wanted length, in characters.
fn fit(text: String, least: usize, most: usize, random: &mut ChaCha8Rng) -> String {
    let mut text = if text.chars().count() > most { text.chars().take(most).collect() } else { text };
    let missing = least.saturating_sub(text.chars().count());
    text.extend((0..missing).map(|_| char::from(random.random_range(b'a'..=b'z'))));
    text
}

fn time(now: i64, format: &str) -> String {
    let instant = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    instant.strftime(format).to_string()
}

fn word(random: &mut ChaCha8Rng) -> String {
    Word().fake_with_rng(random)
}

fn url(random: &mut ChaCha8Rng) -> String {
    format!("https://example.com/{}", word(random))
}

fn hexadecimal(random: &mut ChaCha8Rng, length: usize) -> String {
    (0..length).filter_map(|_| char::from_digit(random.random_range(0..16), 16)).collect()
}

/// A random UUID (RFC 9562, version 4).
fn uuid(random: &mut ChaCha8Rng) -> String {
    let bits = random.random::<u128>() & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let text = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}
