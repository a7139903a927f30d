//! Secrets, and texts without them. Whatever is shown or written passes through here. Secrets are known by their values; those in a
//! [`query`] by the names of its parameters, too.

pub mod query;

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::call::RESERVED;

/// What stands in the place of a secret.
pub const MASKED: &str = "***";
/// Shorter values are not masked: they would tear holes into ordinary words.
pub const SECRET_BYTES_MIN: usize = 6;
/// Shorter values are not even masked where somebody declared them secret. Longer than [`MASKED`], so that masking makes a text shorter,
/// and comes to an end.
const DECLARED_BYTES_MIN: usize = MASKED.len() + 1;

#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// Longest first.
    secrets: Vec<String>,
    /// Short ones, declared as secrets: masked where they are whole words.
    words: Vec<String>,
}

impl Mask {
    /// Learns a secret, and the forms in which it travels: percent-encoded, in base64 alone and as part of something longer,
    /// escaped in JSON, HTML and XML.
    pub fn learn(&mut self, secret: &str) {
        if secret.len() < SECRET_BYTES_MIN {
            return;
        }
        for form in forms(secret) {
            if form.len() >= SECRET_BYTES_MIN && !self.secrets.contains(&form) {
                self.secrets.push(form);
            }
        }
        self.secrets.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    }

    /// Learns what somebody declared to be a secret: a short one is masked, too, where it stands as a word of its own.
    pub fn learn_declared(&mut self, secret: &str) {
        self.learn(secret);
        let short = (DECLARED_BYTES_MIN..SECRET_BYTES_MIN).contains(&secret.len());
        if short && !self.words.iter().any(|word| word == secret) {
            self.words.push(secret.to_owned());
        }
    }

    /// The text without any known secret.
    ///
    /// Secrets that overlap or touch in the text are masked together, so that no rest of one stays behind.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        // Once is enough, unless what stands around a mask makes up a secret with it; each round makes the text shorter.
        loop {
            let places = self.places(&masked);
            if places.is_empty() {
                return masked;
            }
            masked = Cow::Owned(replaced(&masked, &places));
        }
    }

    /// Where secrets stand, in order, joined where they touch.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in &self.secrets {
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| rest.find(secret.as_str())) {
                let start = from + at;
                found.push(start..start + secret.len());
                // Occurrences of a secret may overlap each other.
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        for word in &self.words {
            let whole = |at: usize| {
                let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
                let before = text[..at].chars().next_back().is_some_and(part_of_word);
                !before && !text[at + word.len()..].chars().next().is_some_and(part_of_word)
            };
            let places = text.match_indices(word.as_str()).filter(|(at, _)| whole(*at));
            found.extend(places.map(|(at, _)| at..at + word.len()));
        }
        found.sort_by_key(|place| place.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for place in found {
            match joined.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => joined.push(place),
            }
        }
        joined
    }
}

fn replaced(text: &str, places: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        masked.push_str(&text[from..place.start]);
        masked.push_str(MASKED);
        from = place.end;
    }
    masked.push_str(&text[from..]);
    masked
}

fn forms(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, RESERVED).to_string();
    let everything = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = json_escaped(secret);
    let markup = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut forms = vec![
        secret.to_owned(),
        lower_escapes(&percent),
        percent,
        lower_escapes(&everything),
        everything,
        lower_escapes(&form),
        form,
        // Text that is JSON inside of JSON, and JSON whose writer escapes slashes.
        json_escaped(&json),
        json.replace('/', "\\/"),
        json,
        markup.replace('"', "&quot;").replace('\'', "&#39;"),
        markup.replace('"', "&quot;").replace('\'', "&apos;"),
        markup.replace('"', "&quot;"),
        markup,
    ];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret));
    }
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.extend((0..3).map(|offset| within_base64(engine, secret, offset)));
    }
    forms
}

/// The base64 characters that the secret alone decides when this many bytes stand before it, as the user's name and the colon
/// do in basic authentication. Those at the edges depend on its neighbours too, and hold less than one byte of it.
fn within_base64(engine: &impl base64::Engine, secret: &str, offset: usize) -> String {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = engine.encode(&bytes);
    let start = (offset * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    encoded.get(start..end).unwrap_or_default().to_owned()
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// `%2F` as `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut after_percent = usize::MAX;
    for character in encoded.chars() {
        after_percent = if character == '%' { 0 } else { after_percent.saturating_add(1) };
        lower.push(if after_percent <= 2 { character.to_ascii_lowercase() } else { character });
    }
    lower
}

#[cfg(test)]
mod tests;
