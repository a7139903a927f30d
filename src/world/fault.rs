//! Faults armed for coming calls: planned, consumed and counted.

use serde::{Deserialize, Serialize};

/// A fault, and the calls it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls of this operation; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Lets this many matching calls pass first.
    #[serde(default)]
    pub after: u32,
    /// How many matching calls it hits; forever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    #[serde(flatten)]
    pub kind: FaultKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum FaultKind {
    /// Answers with a status before any effect, in the service's error shape.
    Status {
        status: u16,
        #[serde(rename = "retryAfter", default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// Answers as usual, later.
    Delay {
        #[serde(rename = "delayMs")]
        delay_ms: u64,
    },
    /// Closes the connection before any effect.
    Drop,
    /// Performs the effect, then closes the connection: the reply is lost.
    Lose,
    /// Performs the effect and writes only the first bytes of the body.
    Truncate { bytes: usize },
}

/// Longest delay a fault may ask for, in milliseconds.
pub const DELAY_MS_MAX: u64 = 300_000;
/// Most faults armed at once in a world.
pub const ARMED_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Armed {
    pub id: u64,
    #[serde(flatten)]
    pub fault: Fault,
    /// Matching calls seen.
    pub seen: u32,
    /// Calls hit.
    pub hits: u32,
}

#[derive(Debug, Clone, Default)]
pub struct Faults {
    // imbl::Vector<Armed> in the order armed, and a counter
}

impl Faults {
    /// Arms a fault and gives its id; an error says what is wrong with it.
    pub fn arm(&mut self, fault: Fault) -> Result<u64, String> {
        let _ = fault;
        todo!()
    }

    /// Removes one; false when there is none of that id.
    pub fn disarm(&mut self, id: u64) -> bool {
        let _ = id;
        todo!()
    }

    /// The first armed fault that matches and is ready to hit; counts it.
    pub fn take(&mut self, operation: &str) -> Option<Armed> {
        let _ = operation;
        todo!()
    }

    pub fn list(&self) -> Vec<Armed> {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        todo!()
    }
}
