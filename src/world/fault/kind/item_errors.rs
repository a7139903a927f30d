//! Items of a batch that fail, while the others succeed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FaultKind, Needs};

/// In a batch, these items fail with an error of the service; the others are performed. Calls that are no batch are not hit. A batch that
/// takes all or nothing is refused as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ItemErrors {
    /// Which items, counted from 0; the first when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
    /// The service's own error by its name in `x-standin`; its internal error when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl FaultKind for ItemErrors {
    const NEEDS: Needs = Needs::Batch;
}

impl ItemErrors {
    /// Does the item in this place fail?
    pub fn strikes(&self, place: usize) -> bool {
        match self.items.as_slice() {
            [] => place == 0,
            items => items.iter().any(|item| *item as usize == place),
        }
    }
}

impl fmt::Display for ItemErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("items of the batch fail")
    }
}
