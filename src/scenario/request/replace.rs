//! Replacements: values set at places of a payload (Arazzo 1.1, "Payload Replacement Object").

use serde_json::Value;

use super::given::Absent;
use super::{Fault, undefined};
use crate::scenario::expression::Context;
use crate::scenario::finding::Finding;
use crate::scenario::model::Replacement;
use crate::scenario::template::replacement::replace;

/// Sets every replacement's value, in order. A replacement whose value is an absent input is left out.
pub fn apply(
    payload: &mut Value,
    replacements: &[Replacement],
    absent: &Absent<'_>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for replacement in replacements {
        match absent.evaluate(&replacement.value, context) {
            Ok(Some(value)) => {
                if let Err(message) = replace(payload, &replacement.target, &value) {
                    findings.push(Fault::new(message).at(replacement.site.below("target")));
                }
            }
            Ok(None) => {}
            Err(error) => findings.push(undefined(&error, replacement.site.below("value"))),
        }
    }
    findings
}
