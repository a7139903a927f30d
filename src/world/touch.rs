//! When records were last used, noted cheaply: a call that only reads does not rewrite a record. The engine writes the notes into records
//! before anyone can look.

#[derive(Debug, Clone, Default)]
pub struct Touches {
    noted: imbl::OrdMap<(usize, u64), i64>,
}

impl Touches {
    pub fn note(&mut self, collection: usize, seq: u64, now: i64) {
        self.noted.insert((collection, seq), now);
    }

    /// All notes, in order; none are left.
    pub fn take(&mut self) -> imbl::OrdMap<(usize, u64), i64> {
        std::mem::take(&mut self.noted)
    }
}
