//! Ids, secrets and sample seeds: functions of (seed, kind, counter). A new kind leaves the others as they were.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::pattern::Pattern;

/// How ids of a kind are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdForm<'a> {
    /// Prefix and 16 characters of `[a-z0-9]`; later ids sort after earlier ones of the same kind.
    Prefixed(&'a str),
    /// Version-4-shaped UUID.
    Uuid,
    /// 1, 2, 3 ...
    Integer,
    /// A string that matches a regular expression (ASCII, anchors ignored).
    Pattern(&'a str),
}

/// Characters of a prefixed id after its prefix.
const PREFIXED_LEN: usize = 16;
/// Low bits of a prefixed id that only look random. What is left of 36^16 counts.
const NOISE_BITS: u32 = 49;
/// Highest counter of a kind: up to here prefixed ids keep their order, offset included.
const COUNTER_MAX: u64 = 1 << 33;
/// Patterns kept compiled in a world; patterns come from documents, which have few.
const PATTERNS_MAX: usize = 256;

#[derive(Debug, Clone)]
pub struct Ids {
    seed: u64,
    /// What secrets depend on beside the seed.
    salt: Option<Arc<str>>,
    ids: imbl::OrdMap<Arc<str>, Kind>,
    secrets: imbl::OrdMap<Arc<str>, u64>,
    samples: imbl::OrdMap<Arc<str>, Kind>,
    /// Patterns seen so far: no part of the state, only of its speed.
    patterns: imbl::OrdMap<Arc<str>, Arc<Pattern>>,
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    /// How many were given out.
    count: u64,
    /// A hash of seed and kind.
    base: [u64; 2],
}

/// Ids as they are written: counters by kind.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedIds {
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    ids: Vec<(String, u64)>,
    secrets: Vec<(String, u64)>,
    samples: Vec<(String, u64)>,
}

impl Ids {
    pub fn new(seed: u64) -> Ids {
        Ids {
            seed,
            salt: None,
            ids: imbl::OrdMap::new(),
            secrets: imbl::OrdMap::new(),
            samples: imbl::OrdMap::new(),
            patterns: imbl::OrdMap::new(),
        }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// From here on secrets (not ids) also depend on `salt`: a world's name, so that worlds made from one seed do not share secrets.
    pub fn salt_secrets(&mut self, salt: &str) {
        self.salt = Some(salt.into());
    }

    /// The next id of a kind: a JSON string, or a number for [`IdForm::Integer`]. A pattern that cannot be generated from (see
    /// [`crate::pattern::check`]) gives an id as of [`IdForm::Prefixed`] without a prefix.
    pub fn next(&mut self, kind: &str, form: IdForm<'_>) -> Value {
        let state = next_of(&mut self.ids, self.seed, "id", kind);
        let text = match form {
            IdForm::Integer => return Value::from(state.count),
            IdForm::Prefixed(prefix) => prefixed(prefix, state),
            IdForm::Uuid => uuid(state),
            IdForm::Pattern(pattern) => {
                let key = hash(&[&self.seed.to_le_bytes(), b"id", kind.as_bytes(), &state.count.to_le_bytes()]);
                self.generate(pattern, key).unwrap_or_else(|_| prefixed("", state))
            }
        };
        Value::String(text)
    }

    /// The next secret of a kind: text that matches a regular expression (`whsec_[A-Za-z0-9]{32}`). A pattern that cannot be
    /// generated from gives an error with the reason; see [`crate::pattern::check`].
    pub fn secret(&mut self, kind: &str, pattern: &str) -> Result<String, String> {
        let count = match self.secrets.get_mut(kind) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => {
                self.secrets.insert(kind.into(), 1);
                1
            }
        };
        let salt = self.salt.clone().unwrap_or_default();
        let key = hash(&[&self.seed.to_le_bytes(), b"secret", kind.as_bytes(), &count.to_le_bytes(), salt.as_bytes()]);
        self.generate(pattern, key)
    }

    /// A number that nothing else of this kind gets: for generated samples.
    pub fn sample_seed(&mut self, kind: &str) -> u64 {
        let state = next_of(&mut self.samples, self.seed, "sample", kind);
        // A bijection of the counter, so no two are alike.
        mix(state.base[0] ^ state.count)
    }

    fn generate(&mut self, pattern: &str, key: [u8; 32]) -> Result<String, String> {
        let compiled = match self.patterns.get(pattern) {
            Some(compiled) => Arc::clone(compiled),
            None => {
                let compiled = Arc::new(Pattern::compile(pattern)?);
                if self.patterns.len() >= PATTERNS_MAX {
                    self.patterns.clear();
                }
                self.patterns.insert(pattern.into(), Arc::clone(&compiled));
                compiled
            }
        };
        Ok(compiled.generate(&mut ChaCha8Rng::from_seed(key)))
    }

    pub(super) fn save(&self) -> SavedIds {
        let counts = |kinds: &imbl::OrdMap<Arc<str>, Kind>| {
            kinds.iter().map(|(kind, state)| (kind.to_string(), state.count)).collect()
        };
        SavedIds {
            seed: self.seed,
            salt: self.salt.as_deref().map(str::to_owned),
            ids: counts(&self.ids),
            secrets: self.secrets.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            samples: counts(&self.samples),
        }
    }

    pub(super) fn restore(saved: SavedIds) -> Result<Ids, String> {
        for (kind, count) in saved.ids.iter().chain(&saved.secrets).chain(&saved.samples) {
            if *count > COUNTER_MAX {
                return Err(format!("the counter of kind {kind:?} is out of range: at most {COUNTER_MAX}"));
            }
        }
        let seed = saved.seed;
        let kinds = |counts: Vec<(String, u64)>, use_: &str| {
            let kind = |(kind, count): (String, u64)| {
                let state = Kind { count, base: base(seed, use_, &kind) };
                (Arc::from(kind), state)
            };
            counts.into_iter().map(kind).collect()
        };
        Ok(Ids {
            salt: saved.salt.map(Arc::from),
            ids: kinds(saved.ids, "id"),
            secrets: saved.secrets.into_iter().map(|(kind, count)| (Arc::from(kind), count)).collect(),
            samples: kinds(saved.samples, "sample"),
            ..Ids::new(seed)
        })
    }
}

/// Counts a kind up.
fn next_of(kinds: &mut imbl::OrdMap<Arc<str>, Kind>, seed: u64, use_: &str, kind: &str) -> Kind {
    if let Some(state) = kinds.get_mut(kind) {
        state.count += 1;
        return *state;
    }
    let state = Kind { count: 1, base: base(seed, use_, kind) };
    kinds.insert(kind.into(), state);
    state
}

/// 16 digits of base 36: an offset and the counter above, noise below.
fn prefixed(prefix: &str, state: Kind) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // Half of the counter's range, so that the sum stays within 16 digits.
    let offset = u128::from(state.base[0] >> 32);
    let noise = u128::from(mix(state.base[1] ^ state.count) >> (64 - NOISE_BITS));
    let number = ((offset + u128::from(state.count)) << NOISE_BITS) | noise;
    // Halves of eight digits each: numbers of 64 bits are divided in a fraction of the time.
    const HALF: u128 = 36_u128.pow(PREFIXED_LEN as u32 / 2);
    let mut digits = [b'0'; PREFIXED_LEN];
    let (upper, lower) = digits.split_at_mut(PREFIXED_LEN / 2);
    for (half, digits) in [(number / HALF, upper), (number % HALF, lower)] {
        let mut rest = half as u64;
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[(rest % 36) as usize];
            rest /= 36;
        }
    }
    let mut text = String::with_capacity(prefix.len() + PREFIXED_LEN);
    text.push_str(prefix);
    text.push_str(std::str::from_utf8(&digits).expect("digits are ASCII"));
    text
}

fn uuid(state: Kind) -> String {
    let high = mix(state.base[0] ^ state.count);
    let low = mix(state.base[1] ^ state.count);
    let version = (high & 0x0fff) | 0x4000;
    let variant = (low >> 48 & 0x3fff) | 0x8000;
    format!(
        "{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        low & 0xffff_ffff_ffff
    )
}

fn base(seed: u64, use_: &str, kind: &str) -> [u64; 2] {
    let hash = hash(&[&seed.to_le_bytes(), use_.as_bytes(), kind.as_bytes()]);
    let half = |start: usize| hash[start..start + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    [half(0), half(8)]
}

/// SHA-256 of the parts, each after its length, so that no two lists of parts run together.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The finisher of SplitMix64: a bijection that spreads every bit over all of them.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value) -> String {
        value.as_str().expect("a text id").to_owned()
    }

    #[test]
    fn prefixed_ids_ascend_and_have_their_form() {
        let shape = regex::Regex::new("^post_[a-z0-9]{16}$").unwrap();
        for seed in [0, 1, u64::MAX] {
            let mut ids = Ids::new(seed);
            let form = IdForm::Prefixed("post_");
            let given: Vec<String> = (0..5_000).map(|_| text(ids.next("post", form))).collect();
            assert!(given.is_sorted_by(|one, two| one < two));
            assert!(given.iter().all(|id| shape.is_match(id)));
        }
    }

    #[test]
    fn prefixed_ids_ascend_up_to_the_last_counter() {
        let at = |count| prefixed("", Kind { count, base: [u64::MAX, 7] });
        assert!(at(COUNTER_MAX - 1) < at(COUNTER_MAX));
        assert!(at(1) < at(COUNTER_MAX));
    }

    #[test]
    fn a_new_kind_leaves_the_others_as_they_were() {
        let form = IdForm::Prefixed("");
        let (mut one, mut two) = (Ids::new(1), Ids::new(1));
        two.next("account", form);
        two.sample_seed("post");
        two.secret("post", "[a-z]{8}").unwrap();
        assert_eq!(one.next("post", form), two.next("post", form));
        assert_ne!(one.next("post", form), two.next("account", form));
        assert_ne!(Ids::new(1).next("post", form), Ids::new(2).next("post", form));
    }

    #[test]
    fn uuids_have_their_version_and_do_not_repeat() {
        let mut ids = Ids::new(3);
        let shape = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").unwrap();
        let mut given: Vec<String> = (0..5_000).map(|_| text(ids.next("post", IdForm::Uuid))).collect();
        assert!(given.iter().all(|id| shape.is_match(id)), "{}", given[0]);
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 5_000);
    }

    #[test]
    fn integers_count_from_one() {
        let mut ids = Ids::new(3);
        assert_eq!(ids.next("post", IdForm::Integer), 1);
        assert_eq!(ids.next("post", IdForm::Integer), 2);
        assert_eq!(ids.next("account", IdForm::Integer), 1);
    }

    #[test]
    fn pattern_ids_match_and_a_bad_pattern_still_gives_an_id() {
        let mut ids = Ids::new(3);
        let shape = regex::Regex::new("^par-[0-9]{6}$").unwrap();
        let form = IdForm::Pattern(r"^par-\d{6}$");
        assert!((0..100).all(|_| shape.is_match(&text(ids.next("parcel", form)))));
        assert_eq!(text(ids.next("parcel", IdForm::Pattern("("))).len(), PREFIXED_LEN);
    }

    #[test]
    fn secrets_depend_on_seed_kind_counter_and_salt() {
        let secret = |seed, kind, salt: Option<&str>| {
            let mut ids = Ids::new(seed);
            if let Some(salt) = salt {
                ids.salt_secrets(salt);
            }
            [(); 2].map(|()| ids.secret(kind, "whsec_[A-Za-z0-9]{32}").unwrap())
        };
        let plain = secret(1, "key", None);
        assert_ne!(plain[0], plain[1]);
        assert_eq!(plain, secret(1, "key", None));
        assert_ne!(plain, secret(2, "key", None));
        assert_ne!(plain, secret(1, "hook", None));
        assert_ne!(plain, secret(1, "key", Some("alice")));
        assert_ne!(secret(1, "key", Some("bob")), secret(1, "key", Some("alice")));
        assert!(Ids::new(1).secret("key", "[").is_err());
    }

    #[test]
    fn salt_does_not_change_ids() {
        let mut salted = Ids::new(1);
        salted.salt_secrets("alice");
        assert_eq!(salted.next("post", IdForm::Uuid), Ids::new(1).next("post", IdForm::Uuid));
    }

    #[test]
    fn sample_seeds_do_not_repeat_within_a_kind() {
        let mut ids = Ids::new(1);
        let mut seeds: Vec<u64> = (0..1_000).map(|_| ids.sample_seed("post")).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 1_000);
    }

    #[test]
    fn restored_ids_go_on_where_they_were() {
        let mut ids = Ids::new(9);
        ids.salt_secrets("alice");
        let draw = |ids: &mut Ids| {
            let id = ids.next("post", IdForm::Prefixed("p_"));
            (id, ids.secret("key", "[a-z]{20}").unwrap(), ids.sample_seed("post"))
        };
        draw(&mut ids);
        let mut restored = Ids::restore(ids.save()).unwrap();
        assert_eq!(draw(&mut restored), draw(&mut ids));
        let beyond = SavedIds { ids: vec![("post".to_owned(), u64::MAX)], ..ids.save() };
        assert!(Ids::restore(beyond).unwrap_err().contains("out of range"));
    }
}
