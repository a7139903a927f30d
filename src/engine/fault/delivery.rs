//! Deliveries that never arrive, come late, twice, out of order, or signed by somebody else.

use crate::engine::turn::Turn;
use crate::world::agenda::Work;
use crate::world::fault::{Hit, Kind, Subject};
use crate::world::journal::Cause;
use crate::world::outbox::{Delivery, Spoiled};

/// What becomes of an attempt that is about to be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// Sent, and signed with another secret.
    Forged,
    /// Not sent, and counted as made.
    Dropped,
    /// Not yet.
    Held,
}

impl Turn<'_, '_> {
    /// The fault that strikes a delivery's attempt, counted.
    pub fn strike_delivery(&mut self, delivery: &Delivery) -> Fate {
        if self.world.faults.is_empty() && delivery.spoiled.is_none() {
            return Fate::Sent;
        }
        if let Some(spoiled) = delivery.spoiled.as_ref().filter(|spoiled| spoiled.held_until.is_some()) {
            // It was held back, and its time has come.
            let spoiled = Spoiled { held_until: None, ..spoiled.clone() };
            self.spoil(delivery, spoiled);
            return Fate::Sent;
        }
        let (event, subscription) = (delivery.event.as_str(), delivery.subscription.as_str());
        let overtakes = self.world.outbox.overtaken_next(subscription).next().is_some();
        let subject = Subject::Delivery { event, subscription, overtakes };
        let seed = self.world.ids.seed();
        let Some(armed) = self.world.faults.take(&subject, self.now, seed).into_iter().next() else {
            return Fate::Sent;
        };
        let kind = &armed.fault.kind;
        let mut spoiled =
            Spoiled { fault: Some(armed.id), kind: kind.word().to_owned(), told: armed.told(), ..Spoiled::default() };
        let fate = match kind {
            Kind::DropDelivery(_) => {
                spoiled.dropped = true;
                Fate::Dropped
            }
            Kind::DelayDelivery(delay) => self.hold(delivery, &mut spoiled, delay.ms),
            Kind::ReorderDelivery(reorder) => {
                spoiled.overtaken = true;
                self.hold(delivery, &mut spoiled, reorder.wait_ms())
            }
            Kind::DuplicateDelivery(duplicate) => {
                spoiled.copies = duplicate.more();
                Fate::Sent
            }
            Kind::WrongSignature(_) => Fate::Forged,
            _ => Fate::Sent,
        };
        self.spoil(delivery, spoiled);
        fate
    }

    fn hold(&mut self, delivery: &Delivery, spoiled: &mut Spoiled, ms: u64) -> Fate {
        let until = self.now.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
        spoiled.held_until = Some(until);
        self.plan_attempt(until, delivery.number);
        Fate::Held
    }

    fn spoil(&mut self, delivery: &Delivery, spoiled: Spoiled) {
        self.world.outbox.replace(Delivery { spoiled: Some(spoiled), ..delivery.clone() });
    }

    /// What the journal says of the fault in an attempt's entry.
    pub fn fault_of_attempt(&self, delivery: &Delivery) -> Vec<Cause> {
        let told = delivery.spoiled.iter().map(|spoiled| Cause::new("fault", spoiled.told.clone()));
        told.collect()
    }

    /// Remembers with the armed fault which attempt it hit, once.
    pub fn note_attempt(&mut self, delivery: &mut Delivery, entry: u64) {
        let Some(id) = delivery.spoiled.as_mut().and_then(|spoiled| spoiled.fault.take()) else { return };
        self.world.faults.note(id, Hit { entry, at: self.now, name: delivery.event.clone() });
    }

    /// Makes the attempts that were held back until one to this subscription was made, whether or not the fault is still armed.
    pub fn release_overtaken(&mut self, subscription: &str) {
        let held = self.world.outbox.overtaken_next(subscription);
        let held: Vec<(u64, Option<i64>)> =
            held.map(|delivery| (delivery.number, delivery.spoiled.as_ref().and_then(|it| it.held_until))).collect();
        for (number, until) in held {
            if let Some(until) = until {
                self.world.agenda.cancel(until, &Work::Attempt { delivery: number });
            }
            self.attempt(number);
        }
    }
}
