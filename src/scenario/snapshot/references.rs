//! Volatile values and the references that stand for them: `<post:1>` is the same post wherever it is met.
//!
//! A value is learnt when it is seen where its type is known, and numbered when it is first shown, so that the numbers follow the text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use super::kind::Kind;
use super::literal::Literals;
use crate::mask::SECRET_BYTES_MIN;

/// Values with other characters than a word's are searched for one by one: at most so many of them.
const ODD_MAX: usize = 512;
/// `2026-01-01T00:00:00Z`.
const INSTANT_BYTES_MIN: usize = 20;
/// Most pieces between dashes that a word is tried in.
const WORD_PIECES_MAX: usize = 12;
/// A leading or trailing part of a secret that a service may show: `whsec_ab…`. Which characters chance has put there counts nothing,
/// or the next secret would be told in another way.
const PART_BYTES_MIN: usize = 8;
const TAIL_BYTES_MIN: usize = 4;
/// How much longer a secret is than the end that is shown of it.
const TAIL_SHARE_MAX: usize = 3;
/// `user_ada`: made up of pieces, a name is nobody's word by chance.
const NAME_BYTES_MIN: usize = 8;

/// Index in [`References::entries`].
type Index = usize;

#[derive(Debug, Default)]
pub struct References {
    entries: Vec<Entry>,
    /// How many of a word have been shown.
    shown: BTreeMap<String, usize>,
    /// Values that are long enough to be recognised anywhere.
    strong: BTreeMap<String, Index>,
    /// Values that may meet others by chance, such as `7`: recognised only where an identifier is expected.
    weak: BTreeMap<String, Vec<Index>>,
    /// Strong values that are more than one word.
    odd: Vec<(String, Index)>,
    /// Secrets in every form; they are recognised within words too.
    secrets: Vec<(String, Index)>,
    /// Is what is told now thrown away? Then nothing is numbered.
    hidden: bool,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    number: Option<usize>,
}

/// A part of a text.
enum Piece<'t> {
    Raw(&'t str),
    Reference(Index),
    Shown(&'static str),
}

impl References {
    /// From now on, is nobody going to read what is told? Numbers are given to what is read only.
    pub fn hide(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    /// Remembers a value. The first type that it is met as stays.
    pub fn learn(&mut self, kind: &Kind, text: &str) {
        if text.is_empty() || !kind.is_remembered() {
            return;
        }
        if *kind == Kind::Secret {
            return self.learn_secret(text);
        }
        if is_strong(text) {
            if !self.strong.contains_key(text) {
                let index = self.insert(kind);
                self.strong.insert(text.to_owned(), index);
                if !text.bytes().all(is_word) && self.odd.len() < ODD_MAX && !matches!(kind, Kind::Instant) {
                    self.odd.push((text.to_owned(), index));
                }
            }
            return;
        }
        // Two posts differ by their ids; two short instants are nobody's identity.
        if kind.is_numbered() {
            self.learn_here(kind, text);
        }
    }

    /// Remembers a value that is recognised only where its type is expected.
    pub fn learn_here(&mut self, kind: &Kind, text: &str) {
        let mut known = self.weak.get(text).into_iter().flatten();
        if !text.is_empty() && !known.any(|index| self.entries[*index].kind == *kind) {
            let index = self.insert(kind);
            self.weak.entry(text.to_owned()).or_default().push(index);
        }
    }

    fn learn_secret(&mut self, text: &str) {
        if self.strong.get(text).is_some_and(|index| self.entries[*index].kind == Kind::Secret) {
            return;
        }
        if text.len() < SECRET_BYTES_MIN {
            return self.learn_here(&Kind::Secret, text);
        }
        let index = self.insert(&Kind::Secret);
        self.strong.insert(text.to_owned(), index);
        let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let base64 = base64::engine::general_purpose::STANDARD.encode(text);
        let plain = base64.trim_end_matches('=').to_owned();
        let escaped = serde_json::Value::from(text).to_string();
        let escaped = escaped[1..escaped.len() - 1].to_owned();
        let mut forms = vec![text.to_owned(), encoded, base64, plain, escaped];
        forms.dedup();
        self.secrets.extend(forms.into_iter().map(|form| (form, index)));
        self.secrets.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    }

    fn insert(&mut self, kind: &Kind) -> Index {
        self.entries.push(Entry { kind: kind.clone(), number: None });
        self.entries.len() - 1
    }

    /// Is this known to stand for something, wherever it is met?
    pub fn knows(&self, text: &str) -> bool {
        self.strong.contains_key(text)
    }

    /// Is this known to be one of several things, and not only a moment or a day that others may mean, too?
    pub fn identifies(&self, text: &str) -> bool {
        self.strong.get(text).is_some_and(|index| self.entries[*index].kind.is_numbered())
    }

    /// A value where this type is expected: its reference, numbered by identity.
    pub fn typed(&mut self, kind: &Kind, text: &str) -> Option<String> {
        if let Some(index) = self.strong.get(text).copied() {
            return Some(self.show(index));
        }
        let candidates = self.weak.get(text)?;
        let same = candidates.iter().find(|index| self.entries[**index].kind == *kind);
        let only = candidates.first().filter(|_| candidates.len() == 1);
        let index = *same.or(only)?;
        Some(self.show(index))
    }

    /// The reference of a type whose values are not told apart, or have not been met.
    pub fn unnumbered(kind: &Kind) -> String {
        format!("<{}>", kind.word())
    }

    /// A text of which all or some may be known. Instants in it (RFC 3339) are hidden unless the author wrote them.
    pub fn within<'t>(&mut self, text: &'t str, literals: &Literals) -> Cow<'t, str> {
        if let Some(index) = self.strong.get(text).copied() {
            return Cow::Owned(self.show(index));
        }
        // Most texts hold nothing that is known, and are not taken apart.
        if self.is_plain(text) {
            return self.part_of_secret(text, literals).map_or(Cow::Borrowed(text), Cow::Owned);
        }
        let mut pieces = vec![Piece::Raw(text)];
        for (value, index) in self.secrets.iter().chain(&self.odd) {
            if text.contains(value.as_str()) {
                pieces = split(pieces, |raw| occurrences(raw, value, *index));
            }
        }
        pieces = split(pieces, |raw| instants(raw, literals));
        pieces = split(pieces, |raw| self.words(raw));
        if let [Piece::Raw(_)] = pieces[..] {
            return self.part_of_secret(text, literals).map_or(Cow::Borrowed(text), Cow::Owned);
        }
        let mut told = String::with_capacity(text.len());
        for piece in pieces {
            match piece {
                Piece::Raw(raw) => told.push_str(raw),
                Piece::Shown(shown) => told.push_str(shown),
                Piece::Reference(index) => told.push_str(&self.show(index)),
            }
        }
        Cow::Owned(told)
    }

    /// Is there certainly nothing known in a text?
    fn is_plain(&self, text: &str) -> bool {
        let mut values = self.secrets.iter().chain(&self.odd);
        let mut words = text.split(|character: char| !u8::try_from(character).is_ok_and(is_word));
        text.len() < INSTANT_BYTES_MIN
            && !values.any(|(value, _)| text.contains(value.as_str()))
            && !words.any(|word| self.word(word).is_some())
    }

    /// The last look before a text is given away: no secret that is long enough to be one stands in it, whoever wrote it.
    pub fn without_secrets(&mut self, text: String) -> String {
        let mut told = text;
        for place in 0..self.secrets.len() {
            if told.contains(self.secrets[place].0.as_str()) {
                let shown = self.show(self.secrets[place].1);
                told = told.replace(self.secrets[place].0.as_str(), &shown);
            }
        }
        told
    }

    fn show(&mut self, index: Index) -> String {
        let entry = &mut self.entries[index];
        if !entry.kind.is_numbered() {
            return References::unnumbered(&entry.kind);
        }
        let word = entry.kind.word();
        let number = match entry.number {
            Some(number) => number,
            None if self.hidden => return References::unnumbered(&entry.kind),
            None => {
                let shown = self.shown.entry(word.to_owned()).or_default();
                *shown += 1;
                *entry.number.insert(*shown)
            }
        };
        format!("<{word}:{number}>")
    }

    /// A text that is the start or the end of a secret, shown so that people recognise it: `<secret:1>…`. What the scenario itself
    /// spells out is no part of anything.
    fn part_of_secret(&mut self, text: &str, literals: &Literals) -> Option<String> {
        if self.secrets.is_empty()
            || text.len() < TAIL_BYTES_MIN
            || !text.bytes().all(is_word)
            || literals.holds("", text)
        {
            return None;
        }
        let starts = |secret: &str| text.len() >= PART_BYTES_MIN && secret.starts_with(text);
        let ends = |secret: &str| secret.len() >= TAIL_SHARE_MAX * text.len() && secret.ends_with(text);
        let found = self.secrets.iter().find(|(secret, _)| starts(secret) || ends(secret))?;
        let (leads, index) = (starts(&found.0), found.1);
        let shown = self.show(index);
        Some(if leads { format!("{shown}…") } else { format!("…{shown}") })
    }

    /// Finds known values that are whole words of a text.
    fn words<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut raw_from = text;
        while let Some(start) = rest.bytes().position(is_word) {
            let after = &rest[start..];
            let end = after.bytes().position(|byte| !is_word(byte)).unwrap_or(after.len());
            let (word, next) = after.split_at(end);
            if let Some((from, to, index)) = self.word(word) {
                let at = raw_from.len() - after.len() + from;
                pieces.push(Piece::Raw(&raw_from[..at]));
                pieces.push(Piece::Reference(index));
                rest = &after[to..];
                raw_from = rest;
            } else {
                rest = next;
            }
        }
        pieces.push(Piece::Raw(raw_from));
        pieces
    }

    /// The first and longest known value in a word: all of it, or a run of its pieces between dashes.
    fn word(&self, word: &str) -> Option<(usize, usize, Index)> {
        if let Some(index) = self.strong.get(word) {
            return Some((0, word.len(), *index));
        }
        let dashes: Vec<usize> = word.bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at).collect();
        if dashes.is_empty() || dashes.len() >= WORD_PIECES_MAX {
            return None;
        }
        let starts = std::iter::once(0).chain(dashes.iter().map(|at| at + 1));
        for start in starts {
            let ends = dashes.iter().copied().chain([word.len()]).rev();
            for end in ends.filter(|end| *end > start) {
                if let Some(index) = self.strong.get(&word[start..end]) {
                    return Some((start, end, *index));
                }
            }
        }
        None
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Is a value so long that it meets no other by chance? A word without a digit may be anybody's, unless it has pieces (`post_abcd`).
fn is_strong(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let pieces = text.len() >= NAME_BYTES_MIN && text.contains('_');
    text.len() >= 16 || pieces || digits > 0 && text.len() >= if digits == text.len() { 10 } else { 4 }
}

/// Takes the raw pieces apart further.
fn split<'t>(pieces: Vec<Piece<'t>>, mut apart: impl FnMut(&'t str) -> Vec<Piece<'t>>) -> Vec<Piece<'t>> {
    let mut done = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Raw(raw) => done.extend(apart(raw).into_iter().filter(|piece| !matches!(piece, Piece::Raw("")))),
            known => done.push(known),
        }
    }
    if done.is_empty() { vec![Piece::Raw("")] } else { done }
}

fn occurrences<'t>(text: &'t str, value: &str, index: Index) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    for (place, raw) in text.split(value).enumerate() {
        if place > 0 {
            pieces.push(Piece::Reference(index));
        }
        pieces.push(Piece::Raw(raw));
    }
    pieces
}

fn instants<'t>(text: &'t str, literals: &Literals) -> Vec<Piece<'t>> {
    static INSTANT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)").expect("the pattern is a constant")
    });
    if text.len() < INSTANT_BYTES_MIN {
        return vec![Piece::Raw(text)];
    }
    let mut pieces = Vec::new();
    let mut from = 0;
    for found in INSTANT.find_iter(text).filter(|found| !literals.holds("", found.as_str())) {
        pieces.push(Piece::Raw(&text[from..found.start()]));
        pieces.push(Piece::Shown("<instant>"));
        from = found.end();
    }
    pieces.push(Piece::Raw(&text[from..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post() -> Kind {
        Kind::Id("post".to_owned())
    }

    #[track_caller]
    fn check(references: &mut References, text: &str, told: &str) {
        assert_eq!(references.within(text, &Literals::default()), told);
    }

    #[test]
    fn a_value_keeps_its_number_wherever_it_stands() {
        let mut references = References::default();
        references.learn(&post(), "post_b2");
        references.learn(&post(), "post_a1");
        check(&mut references, "/v1/posts/post_a1?after=post_b2", "/v1/posts/<post:1>?after=<post:2>");
        check(&mut references, "post_b2", "<post:2>");
        check(
            &mut references,
            "Post post_a1 is not post_a1_old, but post_a1.",
            "Post <post:1> is not post_a1_old, but <post:1>.",
        );
        check(&mut references, "draft-post_a1-2", "draft-<post:1>-2");
        check(&mut references, "nothing known", "nothing known");
        check(&mut references, "", "");
    }

    #[test]
    fn numbers_follow_the_order_in_which_values_are_shown() {
        let mut references = References::default();
        references.learn(&post(), "never_shown_1");
        references.learn(&post(), "post_22");
        assert_eq!(references.typed(&post(), "post_22").as_deref(), Some("<post:1>"));
        assert_eq!(references.typed(&post(), "never_shown_1").as_deref(), Some("<post:2>"));
    }

    #[test]
    fn a_short_id_is_known_only_where_its_kind_is_expected() {
        let (mut references, channel) = (References::default(), Kind::Id("channel".to_owned()));
        references.learn(&post(), "1");
        references.learn(&channel, "1");
        references.learn(&channel, "2");
        check(&mut references, "page 1 of 2", "page 1 of 2");
        assert_eq!(references.typed(&channel, "1").as_deref(), Some("<channel:1>"));
        assert_eq!(references.typed(&post(), "1").as_deref(), Some("<post:1>"));
        assert_eq!(references.typed(&Kind::Id("thing".to_owned()), "1"), None, "it could be either");
        assert_eq!(references.typed(&Kind::Id("thing".to_owned()), "2").as_deref(), Some("<channel:2>"));
    }

    #[test]
    fn secrets_are_hidden_inside_of_words_and_in_other_forms() {
        let mut references = References::default();
        references.learn(&Kind::Secret, "s3cr3t/+value");
        check(&mut references, "xs3cr3t/+valuey", "x<secret:1>y");
        check(&mut references, "a=s3cr3t%2F%2Bvalue", "a=<secret:1>");
        check(&mut references, "Basic czNjcjN0Lyt2YWx1ZQ==", "Basic <secret:1>");
    }

    #[test]
    fn the_start_and_the_end_of_a_secret_are_told_as_such() {
        let mut references = References::default();
        references.learn(&Kind::Secret, "acme_sk_live_ab12cd34_zzzzzzzzzzzzzzzz9876");
        check(&mut references, "acme_sk_live_ab12cd34", "<secret:1>…");
        check(&mut references, "9876", "…<secret:1>");
        check(&mut references, "live", "live");
    }

    #[test]
    fn a_part_of_a_secret_is_told_as_such_whatever_letters_chance_put_there() {
        for (secret, start, end) in [
            ("acme_sk_live_tihlglli_qxwvutsrqponmlkj", "acme_sk_live_tihlglli", "mlkj"),
            ("acme_sk_live_7ihl4ll1_qxwvutsrqponml41", "acme_sk_live_7ihl4ll1", "ml41"),
            ("qxwvutsrqponmlkjqxwvutsrqponmlkj", "qxwvutsr", "nmlkj"),
        ] {
            let mut references = References::default();
            references.learn(&Kind::Secret, secret);
            check(&mut references, start, "<secret:1>…");
            check(&mut references, end, "…<secret:1>");
        }
    }

    #[test]
    fn a_word_that_the_scenario_spells_out_is_no_part_of_a_secret() {
        let (mut references, mut literals) = (References::default(), Literals::default());
        references.learn(&Kind::Secret, "production-key-4711");
        assert_eq!(references.within("production", &literals), "<secret:1>…");
        literals.note("environment", "production");
        assert_eq!(references.within("production", &literals), "production");
    }

    #[test]
    fn what_is_told_to_nobody_uses_up_no_number() {
        let mut references = References::default();
        references.learn(&post(), "post_11");
        references.learn(&post(), "post_22");
        references.hide(true);
        check(&mut references, "post_11", "<post>");
        references.hide(false);
        check(&mut references, "post_22 post_11", "<post:1> <post:2>");
        references.hide(true);
        check(&mut references, "post_11", "<post:2>");
    }

    #[test]
    fn an_id_without_a_digit_is_known_by_its_pieces() {
        let mut references = References::default();
        references.learn(&post(), "post_abcd");
        references.learn(&post(), "draft");
        check(&mut references, "post_abcd is a draft", "<post:1> is a draft");
    }

    #[test]
    fn instants_in_a_text_are_hidden_unless_the_author_wrote_them() {
        let (mut references, mut literals) = (References::default(), Literals::default());
        literals.note("until", "2026-01-01T00:00:00Z");
        let text = "from 2026-11-21T22:36:25.123Z until 2026-01-01T00:00:00Z";
        assert_eq!(references.within(text, &literals), "from <instant> until 2026-01-01T00:00:00Z");
    }

    #[test]
    fn identifiers_with_odd_characters_are_found() {
        let mut references = References::default();
        references.learn(&post(), "gid://shop/Post/12");
        check(&mut references, "see gid://shop/Post/12 now", "see <post:1> now");
    }
}
