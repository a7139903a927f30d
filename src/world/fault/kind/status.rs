//! A refusal or failure that the service declares, or one that it does not.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, FaultKind};

/// Longest wait that `retryAfter` may ask for: a year.
pub const RETRY_AFTER_SECONDS_MAX: u64 = 31_536_000;

/// Answers with this status, in the shape of the service's own error of that status, with its headers. A status that the operation does not
/// declare wears the shape of the service's errors, too. Below 400, a call that was performed keeps its reply under another status, and one
/// that was not gets what the operation declares for the status, generated, or no body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Status {
    /// Which; from 200 to 599.
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// The service's own error by its name in `x-standin`, where several have this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Seconds for the header `Retry-After` (RFC 9110, 10.2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// How `Retry-After` is written; in seconds when absent.
    #[serde(default, skip_serializing_if = "RetryAfterForm::is_seconds")]
    pub retry_after_form: RetryAfterForm,
    /// Whether the call has been performed when it strikes; `none` when absent.
    #[serde(default)]
    pub effect: Effect,
}

impl FaultKind for Status {
    const ANSWERS: bool = true;

    fn check(&self) -> Result<(), String> {
        if !(200..=599).contains(&self.status) {
            return Err(format!("status {} is not a final HTTP status: use 200 to 599", self.status));
        }
        if self.error.is_some() && self.status < 400 {
            return Err(format!("status {} is no error: leave error out", self.status));
        }
        if let Some(seconds) = self.retry_after.filter(|seconds| *seconds > RETRY_AFTER_SECONDS_MAX) {
            return Err(format!("retryAfter {seconds} is too long: at most {RETRY_AFTER_SECONDS_MAX} s"));
        }
        if self.retry_after.is_none() && !self.retry_after_form.is_seconds() {
            return Err("retryAfterForm says how retryAfter is written, and there is none".to_owned());
        }
        Ok(())
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "status {}", self.status)?;
        if let Some(seconds) = self.retry_after {
            write!(out, ", retry after {seconds} s")?;
        }
        super::write_effect(out, self.effect)
    }
}

/// The two forms of `Retry-After`, and one that is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RetryAfterForm {
    #[default]
    Seconds,
    /// An HTTP-date (RFC 9110, 5.6.7) that many seconds ahead on the world's clock.
    HttpDate,
    /// Text that is neither: what a client must survive.
    Malformed,
}

impl RetryAfterForm {
    fn is_seconds(&self) -> bool {
        *self == RetryAfterForm::Seconds
    }
}
