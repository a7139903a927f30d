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

    /// As it is written: collection, seq and instant, in order.
    pub(super) fn save(&self) -> Vec<(usize, u64, i64)> {
        self.noted.iter().map(|((collection, seq), at)| (*collection, *seq, *at)).collect()
    }

    /// `collection` turns a collection's place in the saved world into its place here.
    pub(super) fn restore(
        saved: Vec<(usize, u64, i64)>,
        collection: impl Fn(usize) -> Option<usize>,
    ) -> Result<Touches, String> {
        let mut touches = Touches::default();
        for (index, seq, at) in saved {
            let here = collection(index)
                .ok_or_else(|| format!("a last use names collection number {index}, and there is none"))?;
            touches.note(here, seq, at);
        }
        Ok(touches)
    }

    /// All notes, in order; none are left.
    pub fn take(&mut self) -> imbl::OrdMap<(usize, u64), i64> {
        std::mem::take(&mut self.noted)
    }
}
