//! The faults armed in a world, and what became of each.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::past::Past;
use super::{Aspect, Draw, Fault, Kind, Needs, Subject};

/// Most faults armed at once in a world.
pub const ARMED_MAX: usize = 1_000;
/// Of how many calls an armed fault remembers that it hit them; it counts on.
pub const HITS_KEPT_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Armed {
    pub id: u64,
    pub fault: Fault,
    /// When it was armed, on the world's clock.
    pub armed_at: i64,
    /// Matching calls or deliveries seen.
    pub seen: u32,
    /// How many of them it hit.
    pub hits: u32,
    /// The first of those it hit.
    pub hit: Vec<Hit>,
    /// The credential that it made expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<String>,
}

/// One call or delivery that a fault hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The entry in the journal that tells of it.
    pub entry: u64,
    /// World time, ms.
    pub at: i64,
    /// The operation, or the event of a delivery.
    pub name: String,
}

#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// In the order armed.
    armed: Arc<Vec<Armed>>,
    /// How many were ever armed: the newest one's id.
    count: u64,
    pub(super) past: Past,
}

/// Faults as they are written.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::world) struct SavedFaults {
    count: u64,
    armed: Vec<Armed>,
}

impl Faults {
    /// Arms a fault and gives its id; an error says what is wrong with it.
    pub fn arm(&mut self, fault: Fault, now: i64) -> Result<u64, String> {
        fault.check()?;
        let armed = Arc::make_mut(&mut self.armed);
        if armed.len() >= ARMED_MAX {
            // What can never hit again is only history.
            armed.retain(|armed| !armed.is_spent());
        }
        if armed.len() >= ARMED_MAX {
            return Err(format!("{ARMED_MAX} faults are armed already; disarm some first"));
        }
        self.count += 1;
        armed.push(Armed { id: self.count, fault, armed_at: now, seen: 0, hits: 0, hit: Vec::new(), expired: None });
        Ok(self.count)
    }

    /// Removes one; false when there is none of that id.
    pub fn disarm(&mut self, id: u64) -> bool {
        let Some(at) = self.armed.iter().position(|armed| armed.id == id) else { return false };
        Arc::make_mut(&mut self.armed).remove(at);
        self.forget_past();
        true
    }

    /// Does any of them look at the records that calls name?
    pub fn asks_for_resources(&self) -> bool {
        self.armed.iter().any(|armed| !armed.fault.address.resource.is_empty())
    }

    /// Does any of them look at the credentials of calls?
    pub fn asks_for_credentials(&self) -> bool {
        let asks =
            |armed: &Armed| armed.fault.kind.needs() == Needs::Credential || !armed.fault.address.credential.is_empty();
        self.armed.iter().any(asks)
    }

    /// The faults that hit this call or delivery, at most one of each aspect: the first armed that is ready; each is counted. Every fault
    /// that matches has seen the call, also those armed after the one that hits.
    pub fn take(&mut self, subject: &Subject<'_>, now: i64, seed: u64) -> Vec<Armed> {
        self.forget_past();
        if !self.armed.iter().any(|armed| armed.concerns(subject)) {
            return Vec::new();
        }
        let mut taken: Vec<Armed> = Vec::new();
        for armed in Arc::make_mut(&mut self.armed).iter_mut().filter(|armed| armed.concerns(subject)) {
            if !armed.is_open(now) {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let aspect = armed.fault.kind.aspect();
            if armed.is_ready(seed) && !taken.iter().any(|taken| taken.fault.kind.aspect() == aspect) {
                armed.hits = armed.hits.saturating_add(1);
                armed.expire(subject);
                taken.push(armed.clone());
            }
        }
        taken
    }

    /// Takes the newest hit of a fault back: the call that it hit has left nothing for it to do. The call was seen all the same.
    pub fn give_back(&mut self, id: u64) {
        let Some(at) = self.armed.iter().position(|armed| armed.id == id) else { return };
        let hits = &mut Arc::make_mut(&mut self.armed)[at].hits;
        *hits = hits.saturating_sub(1);
    }

    /// Remembers what a fault hit, once the journal tells of it.
    pub fn note(&mut self, id: u64, hit: Hit) {
        let Some(at) = self.armed.iter().position(|armed| armed.id == id) else { return };
        let kept = &mut Arc::make_mut(&mut self.armed)[at].hit;
        if kept.len() < HITS_KEPT_MAX {
            kept.push(hit);
        }
    }

    pub(super) fn armed(&self) -> &[Armed] {
        &self.armed
    }

    pub fn list(&self) -> Vec<Armed> {
        self.armed.to_vec()
    }

    pub fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    pub(in crate::world) fn save(&self) -> SavedFaults {
        SavedFaults { count: self.count, armed: self.list() }
    }

    pub(in crate::world) fn restore(saved: SavedFaults) -> Result<Faults, String> {
        if saved.armed.len() > ARMED_MAX {
            return Err(format!("more than {ARMED_MAX} faults are armed"));
        }
        if saved.count > u64::MAX / 2 {
            return Err("the count of faults is out of range".to_owned());
        }
        let mut last = 0;
        for armed in &saved.armed {
            armed.fault.check().map_err(|why| format!("fault {}: {why}", armed.id))?;
            if armed.id <= last || armed.id > saved.count || armed.hit.len() > HITS_KEPT_MAX {
                return Err(format!("fault {} is out of sequence", armed.id));
            }
            last = armed.id;
        }
        Ok(Faults { armed: Arc::new(saved.armed), count: saved.count, past: Past::default() })
    }
}

impl Armed {
    /// Has it hit as often as it was meant to? What depends on the clock or on chance may hit again, and so may an expired credential.
    pub fn is_spent(&self) -> bool {
        let occurrence = &self.fault.occurrence;
        if self.expired.is_some() {
            return false;
        }
        let passed = occurrence.nth.is_some_and(|nth| self.seen >= nth);
        passed || occurrence.times.is_some_and(|times| self.hits >= times)
    }

    /// Has it hit anything?
    pub fn has_fired(&self) -> bool {
        self.hits > 0
    }

    /// As the journal tells it.
    pub fn told(&self) -> String {
        format!("{} (fault {})", self.fault.kind, self.id)
    }

    /// The draws of its newest hit. The first one said whether it hits ([`Occurrence::probability`](super::Occurrence)): what is left of it
    /// is below that share, and no even draw.
    pub fn draw(&self, seed: u64) -> Draw {
        let mut draw = Draw::new(seed, self.id, self.seen);
        draw.share();
        draw
    }

    fn concerns(&self, subject: &Subject<'_>) -> bool {
        match (&self.expired, subject) {
            (Some(expired), Subject::Call { accepted, .. }) => accepted.contains(expired),
            _ => self.fits(subject) && self.fault.address.matches(subject),
        }
    }

    /// Is it of a kind that such a call or delivery can suffer?
    fn fits(&self, subject: &Subject<'_>) -> bool {
        let kind = &self.fault.kind;
        match *subject {
            Subject::Delivery { overtakes, .. } => {
                kind.aspect() == Aspect::Delivery && !(overtakes && matches!(kind, Kind::ReorderDelivery(_)))
            }
            Subject::Call { changes, batch, .. } => {
                let presents = self.expiring(subject).is_some();
                kind.aspect() != Aspect::Delivery && kind.needs().are_met(changes, batch, presents)
            }
        }
    }

    /// The credential that a call would make expire: of those that its operation takes, the first that is meant.
    fn expiring<'a>(&self, subject: &Subject<'a>) -> Option<&'a String> {
        let Subject::Call { accepted, .. } = *subject else { return None };
        accepted.iter().find(|one| self.fault.address.credential.allows([one.as_str()]))
    }

    /// The credential of the first call that it hits is the one that expires.
    fn expire(&mut self, subject: &Subject<'_>) {
        if self.fault.kind.needs() == Needs::Credential && self.expired.is_none() {
            self.expired = self.expiring(subject).cloned();
        }
    }

    fn is_open(&self, now: i64) -> bool {
        let occurrence = &self.fault.occurrence;
        occurrence.from.is_none_or(|from| now >= from.instant(self.armed_at))
            && occurrence.until.is_none_or(|until| now < until.instant(self.armed_at))
    }

    /// May it hit the call that it has just seen?
    fn is_ready(&self, seed: u64) -> bool {
        let occurrence = &self.fault.occurrence;
        if self.expired.is_some() {
            return true;
        }
        if let Some(nth) = occurrence.nth {
            return self.seen == nth;
        }
        let passed = self.seen > occurrence.after
            && occurrence.every.is_none_or(|every| (self.seen - occurrence.after).is_multiple_of(every))
            && occurrence.times.is_none_or(|times| self.hits < times);
        passed && occurrence.probability.is_none_or(|share| Draw::new(seed, self.id, self.seen).share() < share)
    }
}
