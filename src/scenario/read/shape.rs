//! The specification's tables of fields: which object has which, of which type, since which version.

use serde_json::Value;

use super::node::listed;
use crate::scenario::model::Version;
use crate::words::did_you_mean;

/// What a field may hold, as far as its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Text that something is known by: not empty.
    Name,
    Number,
    Integer,
    List,
    Map,
    Any,
}

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub since: Version,
}

/// An object of the specification, or of our extensions.
#[derive(Debug)]
pub struct Shape {
    /// With its article: `a step`.
    pub what: &'static str,
    pub fields: &'static [Field],
    /// Our `x-standin-…` fields that it may have.
    pub extensions: &'static [&'static str],
    /// Is a field that is not in the table an error? (Reusable Objects ignore them.)
    pub closed: bool,
}

pub const ROOT: Shape = Shape::new(
    "the description",
    &[
        Field::must("arazzo", Kind::Any),
        Field::may("$self", Kind::Name).since_1_1(),
        Field::must("info", Kind::Map),
        Field::must("sourceDescriptions", Kind::List),
        Field::must("workflows", Kind::List),
        Field::may("components", Kind::Map),
    ],
);

pub const INFO: Shape = Shape::new(
    "`info`",
    &[
        Field::must("title", Kind::Text),
        Field::may("summary", Kind::Text),
        Field::may("description", Kind::Text),
        Field::must("version", Kind::Text),
    ],
);

pub const SOURCE: Shape = Shape::new(
    "a source description",
    &[Field::must("name", Kind::Name), Field::must("url", Kind::Name), Field::may("type", Kind::Text)],
)
.with(&["x-standin-overlays"]);

pub const WORKFLOW: Shape = Shape::new(
    "a workflow",
    &[
        Field::must("workflowId", Kind::Name),
        Field::may("summary", Kind::Text),
        Field::may("description", Kind::Text),
        Field::may("inputs", Kind::Any),
        Field::may("dependsOn", Kind::List),
        Field::must("steps", Kind::List),
        Field::may("successActions", Kind::List),
        Field::may("failureActions", Kind::List),
        Field::may("outputs", Kind::Map),
        Field::may("parameters", Kind::List),
    ],
)
.with(&["x-standin-snapshot", "x-standin-finally"]);

pub const STEP: Shape = Shape::new(
    "a step",
    &[
        Field::must("stepId", Kind::Name),
        Field::may("description", Kind::Text),
        Field::may("operationId", Kind::Name),
        Field::may("operationPath", Kind::Name),
        Field::may("channelPath", Kind::Name).since_1_1(),
        Field::may("workflowId", Kind::Name),
        Field::may("parameters", Kind::List),
        Field::may("requestBody", Kind::Map),
        Field::may("successCriteria", Kind::List),
        Field::may("onSuccess", Kind::List),
        Field::may("onFailure", Kind::List),
        Field::may("outputs", Kind::Map),
        Field::may("timeout", Kind::Integer).since_1_1(),
        Field::may("correlationId", Kind::Text).since_1_1(),
        Field::may("action", Kind::Text).since_1_1(),
        Field::may("dependsOn", Kind::List).since_1_1(),
    ],
)
.with(&["x-standin-if", "x-standin-each", "x-standin-snapshot"]);

pub const PARAMETER: Shape = Shape::new(
    "a parameter",
    &[Field::must("name", Kind::Name), Field::may("in", Kind::Text), Field::must("value", Kind::Any)],
);

pub const SUCCESS_ACTION: Shape = Shape::new(
    "a success action",
    &[
        Field::must("name", Kind::Name),
        Field::must("type", Kind::Text),
        Field::may("workflowId", Kind::Name),
        Field::may("stepId", Kind::Name),
        Field::may("parameters", Kind::List).since_1_1(),
        Field::may("criteria", Kind::List),
    ],
);

pub const FAILURE_ACTION: Shape = Shape::new(
    "a failure action",
    &[
        Field::must("name", Kind::Name),
        Field::must("type", Kind::Text),
        Field::may("workflowId", Kind::Name),
        Field::may("stepId", Kind::Name),
        Field::may("parameters", Kind::List).since_1_1(),
        Field::may("retryAfter", Kind::Number),
        Field::may("retryLimit", Kind::Integer),
        Field::may("criteria", Kind::List),
    ],
);

pub const COMPONENTS: Shape = Shape::new(
    "`components`",
    &[
        Field::may("inputs", Kind::Map),
        Field::may("parameters", Kind::Map),
        Field::may("successActions", Kind::Map),
        Field::may("failureActions", Kind::Map),
    ],
);

pub const REUSABLE: Shape = Shape {
    what: "a reusable object",
    fields: &[Field::must("reference", Kind::Name), Field::may("value", Kind::Any)],
    extensions: &[],
    closed: false,
};

pub const REQUEST_BODY: Shape = Shape::new(
    "a request body",
    &[Field::may("contentType", Kind::Name), Field::may("payload", Kind::Any), Field::may("replacements", Kind::List)],
);

pub const REPLACEMENT: Shape = Shape::new(
    "a payload replacement",
    &[
        Field::must("target", Kind::Text),
        Field::may("targetSelectorType", Kind::Any).since_1_1(),
        Field::must("value", Kind::Any),
    ],
);

pub const EACH: Shape = Shape::new("`x-standin-each`", &[Field::must("in", Kind::Any), Field::must("as", Kind::Name)]);

pub const SNAPSHOT: Shape =
    Shape::new("`x-standin-snapshot`", &[Field::may("redact", Kind::List), Field::may("headers", Kind::List)]);

pub const REDACTION: Shape =
    Shape::new("a redaction", &[Field::must("path", Kind::Name), Field::must("as", Kind::Name)]);

/// Every extension field of ours, with the object that it belongs to.
const EXTENSIONS: [(&str, &str); 7] = [
    ("x-standin-overlays", "source descriptions"),
    ("x-standin-from", "the properties of a workflow's `inputs`"),
    ("x-standin-snapshot", "workflows and steps"),
    ("x-standin-finally", "workflows"),
    ("x-standin-if", "steps"),
    ("x-standin-each", "steps"),
    ("x-standin-strict", "criteria"),
];

/// Words that stand in the wrong object, or are those of other formats.
const ELSEWHERE: [(&str, &str, &str); 10] = [
    ("a success action", "retryAfter", "only failure actions retry: move it to `onFailure` or `failureActions`"),
    ("a success action", "retryLimit", "only failure actions retry: move it to `onFailure` or `failureActions`"),
    ("a step", "id", "write `stepId`"),
    ("a workflow", "id", "write `workflowId`"),
    ("a step", "successActions", "at a step it is called `onSuccess`"),
    ("a step", "failureActions", "at a step it is called `onFailure`"),
    ("a workflow", "onSuccess", "at a workflow it is called `successActions`"),
    ("a workflow", "onFailure", "at a workflow it is called `failureActions`"),
    ("a parameter", "reference", "a reusable object has `reference` and, if need be, `value`, and nothing else"),
    ("the description", "openapi", "an OpenAPI document is named in `sourceDescriptions`"),
];

impl Kind {
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Kind::Text | Kind::Name => value.is_string(),
            Kind::Number => value.is_number(),
            Kind::Integer => is_integer(value),
            Kind::List => value.is_array(),
            Kind::Map => value.is_object(),
            Kind::Any => true,
        }
    }

    pub fn noun(self) -> &'static str {
        match self {
            Kind::Text | Kind::Name => "text",
            Kind::Number => "a number",
            Kind::Integer => "an integer",
            Kind::List => "a list",
            Kind::Map => "an object",
            Kind::Any => "a value",
        }
    }

    /// How a missing field is shown.
    pub fn example(self) -> &'static str {
        match self {
            Kind::List => "[…]",
            Kind::Map => "{…}",
            _ => "…",
        }
    }
}

impl Field {
    const fn must(name: &'static str, kind: Kind) -> Field {
        Field { name, kind, required: true, since: Version::V1_0 }
    }

    const fn may(name: &'static str, kind: Kind) -> Field {
        Field { name, kind, required: false, since: Version::V1_0 }
    }

    const fn since_1_1(self) -> Field {
        Field { since: Version::V1_1, ..self }
    }
}

impl Shape {
    const fn new(what: &'static str, fields: &'static [Field]) -> Shape {
        Shape { what, fields, extensions: &[], closed: true }
    }

    const fn with(self, extensions: &'static [&'static str]) -> Shape {
        Shape { extensions, ..self }
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields of a version.
    pub fn known(&self, version: Version) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.iter().filter(move |field| field.since <= version).map(|field| field.name);
        fields.chain(self.extensions.iter().copied())
    }

    pub fn names(&self, version: Version) -> String {
        listed(&self.known(version).collect::<Vec<_>>())
    }

    pub fn elsewhere(&self, key: &str) -> Option<&'static str> {
        ELSEWHERE.iter().find(|(what, word, _)| *what == self.what && *word == key).map(|(_, _, hint)| *hint)
    }

    /// What to do about an extension field that this object cannot have. Those of others are nobody's concern.
    pub fn refuse_extension(&self, key: &str) -> Option<String> {
        if !self.closed || self.extensions.contains(&key) || !is_ours(key) {
            return None;
        }
        if let Some((_, home)) = EXTENSIONS.iter().find(|(name, _)| *name == key) {
            return Some(format!("`{key}` belongs to {home}"));
        }
        let known = EXTENSIONS.iter().map(|(name, _)| *name);
        Some(match did_you_mean(key, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("those of standin are {}", listed(&known.collect::<Vec<_>>())),
        })
    }
}

/// Fields that start so are ours, and misspelling one must not go unnoticed.
pub fn is_ours(key: &str) -> bool {
    key == "x-standin" || key.starts_with("x-standin-")
}

/// JSON Schema's integers: `1.0` is one.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}
