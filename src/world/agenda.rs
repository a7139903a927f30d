//! Work that falls due later, ordered by instant, then by the order in which it was planned.

/// What is to be done when it falls due.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Work {
    /// A record may change its state. Void when the record has entered another state since: `entry` no longer matches.
    Lifecycle { collection: usize, seq: u64, entry: u32 },
    /// The next attempt of a delivery, by the `seq` of its log record or, without a log, its number.
    Attempt { delivery: u64 },
}

/// Most planned items a world holds; planning beyond it is refused with `Full`.
pub const ITEMS_MAX: usize = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full;

#[derive(Debug, Clone, Default)]
pub struct Agenda {
    items: imbl::OrdMap<(i64, u64), Work>,
    /// How many items were ever planned: what orders those of one instant.
    planned: u64,
    /// Work that was due while its condition did not hold.
    waiting: imbl::Vector<Work>,
}

/// An agenda as it is written: items as (instant, sequence, work).
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedAgenda {
    planned: u64,
    items: Vec<(i64, u64, Work)>,
}

impl Agenda {
    pub fn plan(&mut self, at: i64, work: Work) -> Result<(), Full> {
        if self.items.len() >= ITEMS_MAX {
            return Err(Full);
        }
        self.planned += 1;
        self.items.insert((at, self.planned), work);
        Ok(())
    }

    /// Takes back work planned at this instant.
    pub fn cancel(&mut self, at: i64, work: &Work) {
        let planned = self.items.range((at, 0)..=(at, u64::MAX)).find(|(_, known)| *known == work);
        if let Some(key) = planned.map(|(key, _)| *key) {
            self.items.remove(&key);
        }
    }

    /// Keeps work that is due but whose condition does not hold, until [`Agenda::wake`].
    pub fn wait(&mut self, work: Work) {
        if self.waiting.len() < ITEMS_MAX {
            self.waiting.push_back(work);
        }
    }

    /// Something changed: all waiting work is due again now, in the order in which it began to wait.
    pub fn wake(&mut self, now: i64) {
        for work in std::mem::take(&mut self.waiting) {
            self.planned += 1;
            self.items.insert((now, self.planned), work);
        }
    }

    /// The instant of the earliest item.
    pub fn next_due(&self) -> Option<i64> {
        self.items.get_min().map(|((at, _), _)| *at)
    }

    /// Takes the earliest item that is due at or before `until`, with its instant.
    pub fn take_due(&mut self, until: i64) -> Option<(i64, Work)> {
        let key = self.items.get_min().map(|(key, _)| *key).filter(|(at, _)| *at <= until)?;
        self.items.remove(&key).map(|work| (key.0, work))
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn save(&self) -> SavedAgenda {
        let mut items: Vec<_> =
            self.items.iter().map(|((at, sequence), work)| (*at, *sequence, work.clone())).collect();
        let mut planned = self.planned;
        // What waits is due: it is tried first when the world goes on.
        for work in &self.waiting {
            planned += 1;
            items.push((0, planned, work.clone()));
        }
        // In order, as the agenda that reads them back will write them.
        items.sort_unstable_by_key(|(at, sequence, _)| (*at, *sequence));
        SavedAgenda { planned, items }
    }

    /// `collection` turns a collection's place in the saved world into its place here.
    pub(super) fn restore(saved: SavedAgenda, collection: impl Fn(usize) -> Option<usize>) -> Result<Agenda, String> {
        if saved.items.len() > ITEMS_MAX {
            return Err(format!("the agenda holds more than {ITEMS_MAX} items"));
        }
        if saved.planned > u64::MAX / 2 {
            return Err("the agenda's count of planned items is out of range".to_owned());
        }
        let mut items = imbl::OrdMap::new();
        for (at, sequence, mut work) in saved.items {
            if let Work::Lifecycle { collection: index, .. } = &mut work {
                let Some(here) = collection(*index) else {
                    return Err(format!("the agenda names collection number {index}, and there is none"));
                };
                *index = here;
            }
            if sequence > saved.planned || items.insert((at, sequence), work).is_some() {
                return Err(format!("the agenda's item {sequence} is out of sequence"));
            }
        }
        Ok(Agenda { items, planned: saved.planned, waiting: imbl::Vector::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_of_instant_then_of_planning() {
        let mut agenda = Agenda::default();
        for (at, delivery) in [(20, 1), (10, 2), (20, 3), (-5, 4)] {
            agenda.plan(at, Work::Attempt { delivery }).unwrap();
        }
        assert_eq!(agenda.next_due(), Some(-5));
        let taken: Vec<_> = std::iter::from_fn(|| agenda.take_due(20)).collect();
        let expected = [(-5, 4), (10, 2), (20, 1), (20, 3)];
        assert_eq!(taken, expected.map(|(at, delivery)| (at, Work::Attempt { delivery })));
        assert!(agenda.is_empty());
    }

    #[test]
    fn an_item_is_not_taken_before_it_is_due() {
        let mut agenda = Agenda::default();
        agenda.plan(10, Work::Lifecycle { collection: 0, seq: 1, entry: 0 }).unwrap();
        assert_eq!(agenda.take_due(9), None);
        assert_eq!(agenda.len(), 1);
        assert_eq!(agenda.take_due(i64::MAX).map(|(at, _)| at), Some(10));
        assert_eq!(agenda.take_due(i64::MAX), None);
    }

    #[test]
    fn what_waits_is_written_the_same_once_it_was_read_back() {
        let mut agenda = Agenda::default();
        agenda.plan(10, Work::Attempt { delivery: 1 }).unwrap();
        agenda.wait(Work::Attempt { delivery: 2 });
        let saved = agenda.save();
        let items = saved.items.clone();
        assert_eq!(items[0].2, Work::Attempt { delivery: 2 });
        assert_eq!(Agenda::restore(saved, Some).unwrap().save().items, items);
    }

    #[test]
    fn a_saved_agenda_that_names_no_collection_of_ours_is_refused() {
        let mut agenda = Agenda::default();
        agenda.plan(10, Work::Lifecycle { collection: 7, seq: 1, entry: 0 }).unwrap();
        assert!(Agenda::restore(agenda.save(), |_| None).unwrap_err().contains("number 7"));
        let here = Agenda::restore(agenda.save(), |index| Some(index + 1)).unwrap();
        assert_eq!(here.save().items, [(10, 1, Work::Lifecycle { collection: 8, seq: 1, entry: 0 })]);
    }
}
