//! Which calls, or which deliveries, a fault is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Aspect;

/// Every condition that is given must hold; a list is met by any of its values. Without conditions every call of the world is meant, or
/// every delivery for a fault of deliveries. The fake's own pages are never hit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    /// Only calls of these operations, by `operationId`.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub operation: OneOrMany,
    /// Only calls of operations with one of these tags.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub tag: OneOrMany,
    /// Only calls with these methods: `GET`, `POST`.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub method: OneOrMany,
    /// Only calls that name one of these records in their path.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub resource: OneOrMany,
    /// Only calls with one of these credentials: the API key or token, without its scheme.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub credential: OneOrMany,
    /// Only deliveries of these events.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub event: OneOrMany,
    /// Only deliveries to these subscriptions, by id.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub subscription: OneOrMany,
}

/// What a fault may be for: one call, or one delivery.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    Call {
        operation: &'a str,
        tags: &'a [String],
        method: &'a str,
        /// The values of the path's parameters, decoded. They are looked for only where [`super::Faults::asks_for_resources`].
        resources: &'a [String],
        /// The credentials that the call presents, good or not. They are looked for only where [`super::Faults::asks_for_credentials`].
        credentials: &'a [String],
        /// Those of them that the operation takes; none where it takes anyone.
        accepted: &'a [String],
        /// Does it change anything?
        changes: bool,
        /// Does it hold many items, each through an operation of its own?
        batch: bool,
    },
    Delivery {
        event: &'a str,
        subscription: &'a str,
        /// Is another one to the same subscription held back until this one is made?
        overtakes: bool,
    },
}

impl Address {
    /// What is wrong with it for a fault of this aspect, if anything: calls have no events, deliveries no operations.
    pub fn check(&self, aspect: Aspect) -> Result<(), String> {
        let of_calls = [
            ("operation", &self.operation),
            ("tag", &self.tag),
            ("method", &self.method),
            ("resource", &self.resource),
            ("credential", &self.credential),
        ];
        let of_deliveries = [("event", &self.event), ("subscription", &self.subscription)];
        let (foreign, what) = match aspect {
            Aspect::Delivery => (&of_calls[..], "deliveries: say event or subscription"),
            _ => (&of_deliveries[..], "calls: say operation, tag, method, resource or credential"),
        };
        match foreign.iter().find(|(_, asked)| !asked.is_empty()) {
            Some((word, _)) => Err(format!("{word} says nothing about a fault of {what}")),
            None => Ok(()),
        }
    }

    /// May a call of this operation be meant? Its record and its credential are known only once it is made.
    pub fn may_mean(&self, operation: &str, tags: &[String], method: &str) -> bool {
        self.operation.allows([operation])
            && self.tag.allows(tags.iter().map(String::as_str))
            && self.method.allows([method])
    }

    /// Does every condition hold?
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match *subject {
            Subject::Call { operation, tags, method, resources, credentials, .. } => {
                self.may_mean(operation, tags, method)
                    && self.resource.allows(resources.iter().map(String::as_str))
                    && self.credential.allows(credentials.iter().map(String::as_str))
            }
            Subject::Delivery { event, subscription, .. } => {
                self.event.allows([event]) && self.subscription.allows([subscription])
            }
        }
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct OneOrMany(pub Vec<String>);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum Written {
    One(String),
    Many(#[schemars(length(min = 1))] Vec<String>),
}

impl OneOrMany {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing is asked for, or one of these is.
    pub fn allows<'a>(&self, have: impl IntoIterator<Item = &'a str>) -> bool {
        self.is_empty() || have.into_iter().any(|one| self.0.iter().any(|asked| asked == one))
    }
}

impl From<Written> for OneOrMany {
    fn from(written: Written) -> OneOrMany {
        match written {
            Written::One(one) => OneOrMany(vec![one]),
            Written::Many(many) => OneOrMany(many),
        }
    }
}

impl From<OneOrMany> for Written {
    fn from(OneOrMany(mut texts): OneOrMany) -> Written {
        if texts.len() == 1 { Written::One(texts.remove(0)) } else { Written::Many(texts) }
    }
}
