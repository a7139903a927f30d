//! Errors: what callers are told when they are refused, and which error an operation has of its own.

use std::collections::BTreeSet;

use super::change::rule_names;
use super::compile::{Compiler, OPERATION_NAMES};
use super::*;
use crate::contract::vocabulary::{ErrorRule, GuardRule, OperationRule};
use crate::pointer::escape;

/// The errors that the pipeline raises once it has found the operation; [`Known`] has them all.
const RAISED: [&str; 14] = [
    "unreadable",
    "too_large",
    "unsupported_media_type",
    "not_acceptable",
    "invalid",
    "unauthenticated",
    "insufficient_scope",
    "rate_limited",
    "not_found",
    "referenced",
    "idempotency_mismatch",
    "idempotency_in_progress",
    "idempotency_invalid",
    "internal",
];

/// The error for a key whose first reply is still to come.
const IN_PROGRESS: &str = "idempotency_in_progress";

/// Names that rules bind for the errors they raise, beside those that they read.
const RAISED_NAMES: [&str; 10] =
    ["resource", "scope", "missing", "field", "detail", "item", "index", "outer", "key", "violations"];

impl<'a> Compiler<'a> {
    pub(super) fn error_plans(&mut self) -> Errors {
        let behaviour = self.behaviour;
        let names = self.error_names();
        let mut list: Vec<ErrorPlan> =
            behaviour.errors.iter().map(|(name, rule)| self.error_plan(name, rule, &names)).collect();
        let in_progress = self.errors.get(IN_PROGRESS).copied().unwrap_or_else(|| {
            list.extend(self.in_progress_plan(&names));
            list.len().saturating_sub(1)
        });
        let index = |name: &str| self.errors.get(name).copied();
        let known = Known {
            unknown_route: index("unknown_route").unwrap_or_default(),
            unknown_method: index("unknown_method").unwrap_or_default(),
            unreadable: index("unreadable").unwrap_or_default(),
            too_large: index("too_large").unwrap_or_default(),
            unsupported_media_type: index("unsupported_media_type").unwrap_or_default(),
            not_acceptable: index("not_acceptable").unwrap_or_default(),
            invalid: index("invalid").unwrap_or_default(),
            unauthenticated: index("unauthenticated").unwrap_or_default(),
            insufficient_scope: index("insufficient_scope").unwrap_or_default(),
            rate_limited: index("rate_limited").unwrap_or_default(),
            not_found: index("not_found").unwrap_or_default(),
            referenced: index("referenced").unwrap_or_default(),
            idempotency_mismatch: index("idempotency_mismatch").unwrap_or_default(),
            idempotency_in_progress: in_progress,
            idempotency_invalid: index("idempotency_invalid").or(index("invalid")).unwrap_or_default(),
            internal: index("internal").unwrap_or_default(),
        };
        Errors { list, by_name: self.errors.clone(), known }
    }

    /// An author who has no error for a key in flight has one for a key that was used otherwise: its status, with words of our own.
    fn in_progress_plan(&mut self, names: &[&str]) -> Option<ErrorPlan> {
        let behaviour = self.behaviour;
        let name = "idempotency_mismatch";
        let rule = ErrorRule {
            message: Some("The first request with this idempotency key is not answered yet".to_owned()),
            ..behaviour.errors.get(name)?.clone()
        };
        // What is wrong with the rule has been told.
        let told = self.complaints.len();
        let plan = self.error_plan(name, &rule, names);
        self.complaints.truncate(told);
        Some(ErrorPlan { name: IN_PROGRESS.to_owned(), ..plan })
    }

    /// An error can be raised by any rule, so its texts see the names of all rules.
    fn error_names(&self) -> Vec<&'a str> {
        let behaviour = self.behaviour;
        let mut names: Vec<&str> = OPERATION_NAMES.to_vec();
        names.extend(RAISED_NAMES);
        names.extend(rule_names(behaviour));
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }

    fn error_plan(&mut self, name: &str, rule: &ErrorRule, names: &[&str]) -> ErrorPlan {
        let pointer = format!("/errors/{}", escape(name));
        if !(400..600).contains(&rule.status) {
            self.complain(&format!("{pointer}/status"), format!("{} is not an error status", rule.status)).hint =
                Some("use 400 to 599".to_owned());
        }
        let standard = http::StatusCode::from_u16(rule.status).ok().and_then(|status| status.canonical_reason());
        let message = rule.message.as_deref().or(standard).unwrap_or("error");
        let mut body_names = names.to_vec();
        body_names.push("error");
        ErrorPlan {
            name: name.to_owned(),
            status: rule.status,
            code: rule.code.as_ref().map(|text| self.template(&format!("{pointer}/code"), text, names)),
            kind: rule.kind.clone(),
            message: self.template(&format!("{pointer}/message"), message, names),
            details: rule.details.as_ref().map(|tree| self.tree(&format!("{pointer}/details"), tree, names)),
            body: rule.body.as_ref().map(|tree| self.tree(&format!("{pointer}/body"), tree, &body_names)),
            headers: self.headers(&format!("{pointer}/headers"), &rule.headers, names),
        }
    }

    /// The operation's own errors, each with the one that it stands in for.
    pub(super) fn own_errors(&mut self, pointer: &str, rule: &OperationRule) -> Vec<(ErrorIndex, ErrorIndex)> {
        let mut own = Vec::new();
        for (raised, instead) in &rule.errors {
            let pointer = format!("{pointer}/errors/{}", escape(raised));
            let instead = self.error_index(&pointer, instead);
            match self.errors.get(raised).filter(|_| RAISED.contains(&raised.as_str())) {
                Some(raised) => own.push((*raised, instead)),
                None => {
                    let behaviour = self.behaviour;
                    let known = RAISED.into_iter().filter(|name| behaviour.errors.contains_key(*name)).collect();
                    self.unknown(&pointer, "error of the pipeline", raised, known);
                }
            }
        }
        own
    }

    pub(super) fn guards(&mut self, pointer: &str, rules: &[GuardRule], names: &[&str]) -> Vec<Guard> {
        let guards = rules.iter().enumerate().map(|(place, guard)| Guard {
            that: self.expression(&format!("{pointer}/{place}/that"), &guard.that, names),
            otherwise: self.error_index(&format!("{pointer}/{place}/else"), &guard.otherwise),
        });
        guards.collect()
    }
}
