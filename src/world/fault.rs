//! Faults armed for coming calls: planned, consumed and counted.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A fault, and the calls it is for. Read from and written as one flat object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenFault", into = "WrittenFault")]
pub struct Fault {
    /// Only calls of this operation; any when absent.
    pub operation: Option<String>,
    /// Lets this many matching calls pass first.
    pub after: u32,
    /// How many matching calls it hits; forever when absent.
    pub times: Option<u32>,
    pub kind: FaultKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// Answers with a status before any effect, in the service's error shape.
    Status { status: u16, retry_after: Option<u64> },
    /// Answers as usual, later.
    Delay { delay_ms: u64 },
    /// Closes the connection before any effect.
    Drop,
    /// Performs the effect, then closes the connection: the reply is lost.
    Lose,
    /// Performs the effect and writes only the first bytes of the body.
    Truncate { bytes: usize },
}

/// As the journal and the log tell it.
impl fmt::Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Status { status, retry_after: None } => write!(out, "status {status}"),
            FaultKind::Status { status, retry_after: Some(seconds) } => {
                write!(out, "status {status}, retry after {seconds} s")
            }
            FaultKind::Delay { delay_ms } => write!(out, "delay of {delay_ms} ms"),
            FaultKind::Drop => write!(out, "drop"),
            FaultKind::Lose => write!(out, "lose"),
            FaultKind::Truncate { bytes } => write!(out, "truncate to {bytes} bytes"),
        }
    }
}

/// A fault as it is written. A tagged enum inside would not tell unknown words from its own: serde does not know both sets at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenFault {
    kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(default)]
    after: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Word {
    #[default]
    Status,
    Delay,
    Drop,
    Lose,
    Truncate,
}

impl TryFrom<WrittenFault> for Fault {
    type Error = String;

    fn try_from(written: WrittenFault) -> Result<Fault, String> {
        let WrittenFault { kind, operation, after, times, status, retry_after, delay_ms, bytes } = written;
        // Each word next to the kinds that it belongs to.
        let given = [
            ("status", status.is_some(), matches!(kind, Word::Status)),
            ("retryAfter", retry_after.is_some(), matches!(kind, Word::Status)),
            ("delayMs", delay_ms.is_some(), matches!(kind, Word::Delay)),
            ("bytes", bytes.is_some(), matches!(kind, Word::Truncate)),
        ];
        if let Some((word, ..)) = given.iter().find(|(_, is_given, belongs)| *is_given && !belongs) {
            return Err(format!("{word:?} does not belong to a fault of this kind; leave it out"));
        }
        let kind = match kind {
            Word::Status => {
                FaultKind::Status { status: status.ok_or("a fault of kind status needs \"status\"")?, retry_after }
            }
            Word::Delay => FaultKind::Delay { delay_ms: delay_ms.ok_or("a fault of kind delay needs \"delayMs\"")? },
            Word::Drop => FaultKind::Drop,
            Word::Lose => FaultKind::Lose,
            Word::Truncate => FaultKind::Truncate { bytes: bytes.ok_or("a fault of kind truncate needs \"bytes\"")? },
        };
        Ok(Fault { operation, after, times, kind })
    }
}

impl From<Fault> for WrittenFault {
    fn from(Fault { operation, after, times, kind }: Fault) -> WrittenFault {
        let written = WrittenFault { operation, after, times, ..WrittenFault::default() };
        match kind {
            FaultKind::Status { status, retry_after } => WrittenFault { status: Some(status), retry_after, ..written },
            FaultKind::Delay { delay_ms } => WrittenFault { kind: Word::Delay, delay_ms: Some(delay_ms), ..written },
            FaultKind::Drop => WrittenFault { kind: Word::Drop, ..written },
            FaultKind::Lose => WrittenFault { kind: Word::Lose, ..written },
            FaultKind::Truncate { bytes } => WrittenFault { kind: Word::Truncate, bytes: Some(bytes), ..written },
        }
    }
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
    /// In the order armed.
    armed: Arc<Vec<Armed>>,
    /// How many were ever armed: the newest one's id.
    count: u64,
}

/// Faults as they are written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedFaults {
    count: u64,
    armed: Vec<Armed>,
}

impl Faults {
    /// Arms a fault and gives its id; an error says what is wrong with it.
    pub fn arm(&mut self, fault: Fault) -> Result<u64, String> {
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
        armed.push(Armed { id: self.count, fault, seen: 0, hits: 0 });
        Ok(self.count)
    }

    /// Removes one; false when there is none of that id.
    pub fn disarm(&mut self, id: u64) -> bool {
        let Some(at) = self.armed.iter().position(|armed| armed.id == id) else { return false };
        Arc::make_mut(&mut self.armed).remove(at);
        true
    }

    /// The first armed fault that matches and is ready to hit; counts it. Every fault that matches has seen the call, also those
    /// armed after the one that hits.
    pub fn take(&mut self, operation: &str) -> Option<Armed> {
        if !self.armed.iter().any(|armed| armed.matches(operation)) {
            return None;
        }
        let mut taken = None;
        for armed in Arc::make_mut(&mut self.armed).iter_mut().filter(|armed| armed.matches(operation)) {
            armed.seen = armed.seen.saturating_add(1);
            if taken.is_none() && armed.seen > armed.fault.after && !armed.is_spent() {
                armed.hits = armed.hits.saturating_add(1);
                taken = Some(armed.clone());
            }
        }
        taken
    }

    pub fn list(&self) -> Vec<Armed> {
        self.armed.to_vec()
    }

    pub fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    pub(super) fn save(&self) -> SavedFaults {
        SavedFaults { count: self.count, armed: self.list() }
    }

    pub(super) fn restore(saved: SavedFaults) -> Result<Faults, String> {
        if saved.armed.len() > ARMED_MAX {
            return Err(format!("more than {ARMED_MAX} faults are armed"));
        }
        if saved.count > u64::MAX / 2 {
            return Err("the count of faults is out of range".to_owned());
        }
        let mut last = 0;
        for armed in &saved.armed {
            armed.fault.check().map_err(|why| format!("fault {}: {why}", armed.id))?;
            if armed.id <= last || armed.id > saved.count {
                return Err(format!("fault {} is out of sequence", armed.id));
            }
            last = armed.id;
        }
        Ok(Faults { armed: Arc::new(saved.armed), count: saved.count })
    }
}

impl Armed {
    /// Has it hit as often as it was meant to?
    pub fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.hits >= times)
    }

    fn matches(&self, operation: &str) -> bool {
        self.fault.operation.as_deref().is_none_or(|wanted| wanted == operation)
    }
}

impl Fault {
    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), String> {
        if self.times == Some(0) {
            return Err("times is 0, so it would never hit: leave it out to hit forever".to_owned());
        }
        match self.kind {
            FaultKind::Status { status, .. } if !(200..=599).contains(&status) => {
                Err(format!("status {status} is not a final HTTP status: use 200 to 599"))
            }
            FaultKind::Delay { delay_ms } if delay_ms > DELAY_MS_MAX => {
                Err(format!("delayMs {delay_ms} is too long: at most {DELAY_MS_MAX}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(operation: Option<&str>, after: u32, times: Option<u32>) -> Fault {
        Fault { operation: operation.map(str::to_owned), after, times, kind: FaultKind::Drop }
    }

    #[test]
    fn a_fault_lets_calls_pass_then_hits_then_is_spent() {
        let mut faults = Faults::default();
        faults.arm(fault(Some("getPost"), 1, Some(2))).unwrap();
        let hits: Vec<bool> = (0..5).map(|_| faults.take("getPost").is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(faults.take("listPosts").is_none());
        let armed = &faults.list()[0];
        assert_eq!((armed.seen, armed.hits, armed.is_spent()), (5, 2, true));
    }

    #[test]
    fn the_first_armed_hits_and_the_next_takes_over_when_it_is_spent() {
        let mut faults = Faults::default();
        let first = faults.arm(fault(None, 0, Some(1))).unwrap();
        let second = faults.arm(fault(None, 1, None)).unwrap();
        let ids: Vec<_> = (0..3).map(|_| faults.take("any").map(|armed| armed.id)).collect();
        assert_eq!(ids, [Some(first), Some(second), Some(second)]);
    }

    #[test]
    fn a_fault_that_makes_no_sense_is_refused_with_the_reason() {
        let mut faults = Faults::default();
        let status = |status| Fault { kind: FaultKind::Status { status, retry_after: None }, ..fault(None, 0, None) };
        assert!(faults.arm(status(99)).unwrap_err().contains("200 to 599"));
        assert!(faults.arm(status(100)).is_err());
        assert!(faults.arm(fault(None, 0, Some(0))).unwrap_err().contains("never hit"));
        let slow = Fault { kind: FaultKind::Delay { delay_ms: DELAY_MS_MAX + 1 }, ..fault(None, 0, None) };
        assert!(faults.arm(slow).unwrap_err().contains("at most"));
        assert!(faults.is_empty());
    }

    #[test]
    fn spent_faults_make_room_and_live_ones_do_not() {
        let mut faults = Faults::default();
        for _ in 0..ARMED_MAX {
            faults.arm(fault(None, 0, Some(1))).unwrap();
        }
        assert!(faults.arm(fault(None, 0, None)).unwrap_err().contains("disarm"));
        assert!(faults.take("any").is_some());
        assert_eq!(faults.arm(fault(None, 0, None)), Ok(ARMED_MAX as u64 + 1));
    }

    #[test]
    fn disarming_removes_one_and_knows_when_there_is_none() {
        let mut faults = Faults::default();
        let id = faults.arm(fault(None, 0, None)).unwrap();
        assert!(faults.disarm(id));
        assert!(!faults.disarm(id));
        assert!(faults.take("any").is_none());
    }

    #[test]
    fn a_fault_reads_as_it_is_written_and_unknown_words_are_refused() {
        let text = r#"{"operation":"getPost","kind":"status","status":503,"retryAfter":7}"#;
        let read: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(read.kind, FaultKind::Status { status: 503, retry_after: Some(7) });
        let kinds = [read.kind.clone(), FaultKind::Delay { delay_ms: 1 }, FaultKind::Drop, FaultKind::Lose];
        for kind in kinds.into_iter().chain([FaultKind::Truncate { bytes: 0 }]) {
            let armed = Armed { id: 1, fault: Fault { kind, ..read.clone() }, seen: 2, hits: 3 };
            let again: Armed = serde_json::from_str(&serde_json::to_string(&armed).unwrap()).unwrap();
            assert_eq!(again, armed);
        }
        let refused = |text: &str| serde_json::from_str::<Fault>(text).unwrap_err().to_string();
        assert!(refused(r#"{"kind":"explode"}"#).contains("unknown variant `explode`, expected one of"));
        assert!(refused(r#"{"kind":"drop","tmies":1}"#).contains("unknown field `tmies`, expected one of"));
        assert!(refused(r#"{"kind":"delay"}"#).contains("needs \"delayMs\""));
        assert!(refused(r#"{"kind":"drop","status":500}"#).contains("\"status\" does not belong"));
    }
}
