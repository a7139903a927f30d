//! Ids, secrets and sample seeds: functions of (seed, kind, counter). A new kind leaves the others as they were.

/// How ids of a kind are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdForm {
    /// Prefix and 16 characters of `[a-z0-9]`; later ids sort after earlier ones of the same kind.
    Prefixed(String),
    /// Version-4-shaped UUID.
    Uuid,
    /// 1, 2, 3 ...
    Integer,
    /// A string that matches a regular expression (ASCII, anchors ignored).
    Pattern(String),
}

#[derive(Debug, Clone)]
pub struct Ids {
    // seed, salt and imbl::OrdMap<Arc<str>, u64> of counters
}

impl Ids {
    pub fn new(seed: u64) -> Ids {
        let _ = seed;
        todo!()
    }

    pub fn seed(&self) -> u64 {
        todo!()
    }

    /// From here on secrets (not ids) also depend on `salt`: a world's name, so that worlds made from one seed do not share secrets.
    pub fn salt_secrets(&mut self, salt: &str) {
        let _ = salt;
        todo!()
    }

    /// The next id of a kind: a JSON string, or a number for [`IdForm::Integer`].
    pub fn next(&mut self, kind: &str, form: &IdForm) -> serde_json::Value {
        let _ = (kind, form);
        todo!()
    }

    /// The next secret of a kind: text that matches a regular expression (`whsec_[A-Za-z0-9]{32}`). A pattern that cannot be
    /// generated from gives an error with the reason; see [`check_pattern`].
    pub fn secret(&mut self, kind: &str, pattern: &str) -> Result<String, String> {
        let _ = (kind, pattern);
        todo!()
    }

    /// A number that nothing else of this kind gets: for generated samples.
    pub fn sample_seed(&mut self, kind: &str) -> u64 {
        let _ = kind;
        todo!()
    }
}

/// Can secrets be generated from this pattern? For load time.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let _ = pattern;
    todo!()
}
