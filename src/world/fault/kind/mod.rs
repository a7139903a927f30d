//! The kinds of faults: what the other side sees. One file each; here is the table of them.

mod clock_skew;
mod close;
mod corrupt_gzip;
mod delay_delivery;
mod double;
mod drop_delivery;
mod duplicate_delivery;
mod empty_body;
mod expired_credential;
mod garbage;
mod hang;
mod invalid_json;
mod item_errors;
mod latency;
mod maintenance;
mod quota;
mod reorder_delivery;
mod reset;
mod slow_body;
mod slow_head;
mod stale;
mod status;
mod truncate;
mod wrong_content_type;
mod wrong_length;
mod wrong_signature;

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::draw::Draw;
use crate::call::Reply;

/// Longest wait that a fault may ask for, in milliseconds.
pub const WAIT_MS_MAX: u64 = 300_000;
/// Longest time that a fault leaves a client without an answer, or takes over the bytes of one, in milliseconds: then the connection is closed, so
/// that it is not held for ever.
pub const PLAY_MS_MAX: u64 = 600_000;
/// Longest time that a delivery may be held back, in milliseconds of the world's clock: thirty days.
pub const HOLD_MS_MAX: u64 = 2_592_000_000;

pub use stale::STALE_CALLS_MAX;
pub use status::RetryAfterForm;

/// A kind of fault, with its own words.
pub trait FaultKind: Serialize + DeserializeOwned + JsonSchema + fmt::Display {
    const ASPECT: Aspect = Aspect::Answer;
    const NEEDS: Needs = Needs::Nothing;
    /// Does the service itself say something because of it, whatever its rules and its document say?
    const ANSWERS: bool = false;

    /// What is wrong with its words, if anything.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Has the call been performed when it strikes?
    fn effect(&self) -> Effect {
        Effect::Done
    }

    /// What becomes of the finished reply.
    fn damage(&self, _reply: &mut Reply, _draw: &mut Draw) {}
}

/// What of an exchange a fault is about. A call takes at most one fault of each aspect, so that a slow service can also fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// When it comes.
    Time,
    /// What the clocks in its headers say.
    Clock,
    /// Everything else about the call.
    Answer,
    /// A delivery to a webhook.
    Delivery,
}

/// What a call must be to be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// It changes something.
    Change,
    /// It only reads.
    Read,
    /// It is a batch.
    Batch,
    /// It presents a credential that the operation takes.
    Credential,
}

impl Needs {
    /// Does such a fault act on what a call does, so that one that is refused leaves nothing for it to do? The others act on any call.
    pub fn is_of_effect(self) -> bool {
        matches!(self, Needs::Change | Needs::Read | Needs::Batch)
    }

    /// Is a call like this struck? `presents`: it presents a credential that the operation takes.
    pub fn are_met(self, changes: bool, batch: bool, presents: bool) -> bool {
        match self {
            Needs::Nothing => true,
            Needs::Change => changes,
            Needs::Read => !changes,
            Needs::Batch => batch,
            Needs::Credential => presents,
        }
    }
}

/// Has the call been performed when the fault strikes? What separates "failed before" from "done, but the answer was lost".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// Nothing was performed.
    #[default]
    None,
    /// It was performed in full; only the answer suffers.
    Done,
}

/// Writes the enum and what is done with each from one table.
macro_rules! kinds {
    ($($file:ident::$variant:ident = $word:literal;)*) => {
        $(pub use $file::$variant;)*

        /// What goes wrong.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Kind {
            $($variant($variant),)*
        }

        impl Kind {
            /// Every kind's word, in the order of this file.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            pub fn word(&self) -> &'static str {
                match self { $(Kind::$variant(_) => $word,)* }
            }

            pub fn aspect(&self) -> Aspect {
                match self { $(Kind::$variant(_) => $variant::ASPECT,)* }
            }

            pub fn needs(&self) -> Needs {
                match self { $(Kind::$variant(_) => $variant::NEEDS,)* }
            }

            pub fn effect(&self) -> Effect {
                match self { $(Kind::$variant(kind) => kind.effect(),)* }
            }

            /// Does the service itself say something because of it?
            pub fn answers(&self) -> bool {
                match self { $(Kind::$variant(_) => $variant::ANSWERS,)* }
            }

            /// What is wrong with its words, if anything.
            pub fn check(&self) -> Result<(), String> {
                match self { $(Kind::$variant(kind) => kind.check(),)* }
            }

            /// What becomes of the finished reply.
            pub fn damage(&self, reply: &mut Reply, draw: &mut Draw) {
                match self { $(Kind::$variant(kind) => kind.damage(reply, draw),)* }
            }

            /// `None` when there is no such kind.
            pub(super) fn read(word: &str, own: Map<String, Value>) -> Option<Result<Kind, super::written::Wrong>> {
                match word {
                    $($word => Some(super::written::read_own(own).map(Kind::$variant)),)*
                    _ => None,
                }
            }

            /// Its own words.
            pub(super) fn write(&self) -> Map<String, Value> {
                match self { $(Kind::$variant(kind) => super::written::object(kind),)* }
            }

            /// Each kind's word, what it is about, and the schema of its own words.
            pub(super) fn schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<(&'static str, Aspect, schemars::Schema)> {
                vec![$(($word, <$variant as FaultKind>::ASPECT, <$variant>::json_schema(generator)),)*]
            }
        }

        /// As the journal and the log tell it.
        impl fmt::Display for Kind {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Kind::$variant(kind) => kind.fmt(out),)* }
            }
        }
    };
}

kinds! {
    // Answers of the service, in its own shape.
    status::Status = "status";
    maintenance::Maintenance = "maintenance";
    quota::Quota = "quota";
    expired_credential::ExpiredCredential = "expiredCredential";
    item_errors::ItemErrors = "itemErrors";
    // What it did.
    double::Double = "double";
    stale::Stale = "stale";
    // When it answers.
    latency::Latency = "latency";
    slow_head::SlowHead = "slowHead";
    slow_body::SlowBody = "slowBody";
    clock_skew::ClockSkew = "clockSkew";
    // The connection.
    hang::Hang = "hang";
    close::Close = "close";
    reset::Reset = "reset";
    truncate::Truncate = "truncate";
    wrong_length::WrongLength = "wrongLength";
    garbage::Garbage = "garbage";
    // The body.
    invalid_json::InvalidJson = "invalidJson";
    wrong_content_type::WrongContentType = "wrongContentType";
    empty_body::EmptyBody = "emptyBody";
    corrupt_gzip::CorruptGzip = "corruptGzip";
    // Deliveries.
    drop_delivery::DropDelivery = "dropDelivery";
    delay_delivery::DelayDelivery = "delayDelivery";
    duplicate_delivery::DuplicateDelivery = "duplicateDelivery";
    reorder_delivery::ReorderDelivery = "reorderDelivery";
    wrong_signature::WrongSignature = "wrongSignature";
}

/// A wait within bounds.
fn check_wait(word: &str, ms: u64) -> Result<(), String> {
    if ms > WAIT_MS_MAX { Err(format!("{word} {ms} is too long: at most {WAIT_MS_MAX} ms")) } else { Ok(()) }
}

/// A pace that gets somewhere.
fn check_pace(bytes_per_second: u32) -> Result<(), String> {
    match bytes_per_second {
        0 => Err("bytesPerSecond is 0: a fault of kind hang never answers".to_owned()),
        _ => Ok(()),
    }
}

fn write_effect(out: &mut fmt::Formatter<'_>, effect: Effect) -> fmt::Result {
    match effect {
        Effect::None => Ok(()),
        Effect::Done => out.write_str(", after the effect"),
    }
}
