//! From the validator's tree of errors to a flat list of complaints, each about one value.
//!
//! `anyOf` and `oneOf` fail once for every branch. A person wants to hear about the branch that was meant: one of the value's own type,
//! with the right tag, and with the fewest things wrong.

use std::borrow::Cow;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, JsonTypeSet, ValidationError};
use serde_json::Value;

use crate::pointer::escape;

/// One thing that is wrong with one value.
#[derive(Debug)]
pub struct Complaint {
    /// From the checked value on; a missing or an extra property is named itself.
    pub pointer: String,
    pub keyword: &'static str,
    pub fault: Fault,
}

/// What is wrong, as far as words need it.
#[derive(Debug)]
pub enum Fault {
    Missing,
    NotAllowed,
    /// None of these kinds: `an integer`, `a date-time`.
    Kind(Vec<Cow<'static, str>>),
    NotOneOf(Vec<Value>),
    Pattern(String),
    /// The engine gave up on the pattern.
    PatternTooHard,
    LengthMin(u64),
    LengthMax(u64),
    ItemsMin(u64),
    ItemsMax(u64),
    PropertiesMin(u64),
    PropertiesMax(u64),
    Minimum(Value),
    Maximum(Value),
    MoreThan(Value),
    LessThan(Value),
    MultipleOf(f64),
    NotUnique,
    NothingContained,
    ManyBranches,
    BadName,
    Other(String),
}

/// Complaints in the validator's order, at most `limit`.
pub fn flatten(errors: Vec<ValidationError<'_>>, limit: usize) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for error in errors {
        if complaints.len() >= limit {
            break;
        }
        complain(error, &mut complaints);
    }
    // A failing subschema evaluates nothing, so its perfectly good properties would be called extra.
    let only_unevaluated = complaints.iter().all(|complaint| complaint.keyword.starts_with("unevaluated"));
    if !only_unevaluated {
        complaints.retain(|complaint| !complaint.keyword.starts_with("unevaluated"));
    }
    complaints.truncate(limit);
    complaints
}

fn complain(error: ValidationError<'_>, complaints: &mut Vec<Complaint>) {
    let parts = error.into_parts();
    let pointer = below_slot(parts.instance_path.as_str());
    match parts.kind {
        Kind::AnyOf { context } => complaints.extend(best(pointer, "anyOf", context)),
        Kind::OneOfNotValid { context } => complaints.extend(best(pointer, "oneOf", context)),
        Kind::AdditionalProperties { unexpected } => extras(pointer, "additionalProperties", unexpected, complaints),
        Kind::UnevaluatedProperties { unexpected } => extras(pointer, "unevaluatedProperties", unexpected, complaints),
        Kind::Required { property } => {
            let pointer = format!("{pointer}/{}", escape(property.as_str().unwrap_or_default()));
            complaints.push(Complaint { pointer, keyword: "required", fault: Fault::Missing });
        }
        Kind::PropertyNames { error } => {
            let pointer = format!("{pointer}/{}", escape(error.instance().as_str().unwrap_or_default()));
            complaints.push(Complaint { pointer, keyword: "propertyNames", fault: Fault::BadName });
        }
        Kind::FalseSchema => {
            let keyword = refusing_keyword(parts.schema_path.as_str());
            complaints.push(Complaint { pointer, keyword, fault: Fault::NotAllowed });
        }
        kind => {
            let (keyword, fault) = simple(kind);
            complaints.push(Complaint { pointer, keyword, fault });
        }
    }
}

/// Complaints that say one thing about the value itself.
fn simple(kind: Kind) -> (&'static str, Fault) {
    match kind {
        Kind::Type { kind } => ("type", Fault::Kind(type_words(&kind))),
        Kind::Format { format } => ("format", Fault::Kind(vec![format_words(&format)])),
        Kind::Constant { expected_value } => ("const", Fault::NotOneOf(vec![(*expected_value).clone()])),
        Kind::Enum { options } => ("enum", Fault::NotOneOf(options.as_array().cloned().unwrap_or_default())),
        Kind::Pattern { pattern } => ("pattern", Fault::Pattern(pattern)),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => ("pattern", Fault::PatternTooHard),
        Kind::MinLength { limit } => ("minLength", Fault::LengthMin(limit)),
        Kind::MaxLength { limit } => ("maxLength", Fault::LengthMax(limit)),
        Kind::MinItems { limit } => ("minItems", Fault::ItemsMin(limit)),
        Kind::MaxItems { limit } => ("maxItems", Fault::ItemsMax(limit)),
        Kind::AdditionalItems { limit } => ("items", Fault::ItemsMax(limit as u64)),
        Kind::MinProperties { limit } => ("minProperties", Fault::PropertiesMin(limit)),
        Kind::MaxProperties { limit } => ("maxProperties", Fault::PropertiesMax(limit)),
        Kind::Minimum { limit } => ("minimum", Fault::Minimum(limit)),
        Kind::Maximum { limit } => ("maximum", Fault::Maximum(limit)),
        Kind::ExclusiveMinimum { limit } => ("exclusiveMinimum", Fault::MoreThan(limit)),
        Kind::ExclusiveMaximum { limit } => ("exclusiveMaximum", Fault::LessThan(limit)),
        Kind::MultipleOf { multiple_of } => ("multipleOf", Fault::MultipleOf(multiple_of)),
        Kind::UniqueItems => ("uniqueItems", Fault::NotUnique),
        Kind::Contains => ("contains", Fault::NothingContained),
        Kind::Not { .. } => ("not", Fault::NotAllowed),
        Kind::OneOfMultipleValid { .. } => ("oneOf", Fault::ManyBranches),
        Kind::UnevaluatedItems { .. } => ("unevaluatedItems", Fault::NotAllowed),
        Kind::Referencing(error) => ("$ref", Fault::Other(error.to_string())),
        Kind::Custom { message, .. } => ("custom", Fault::Other(message)),
        other => ("schema", Fault::Other(format!("breaks {}", other.keyword()))),
    }
}

/// One complaint for each property that nobody knows.
fn extras(pointer: String, keyword: &'static str, names: Vec<String>, complaints: &mut Vec<Complaint>) {
    complaints.extend(names.into_iter().map(|name| {
        let pointer = format!("{pointer}/{}", escape(&name));
        Complaint { pointer, keyword, fault: Fault::NotAllowed }
    }));
}

/// What is wrong with the branch that fits best, or with all of them in one complaint.
fn best(pointer: String, keyword: &'static str, context: Vec<Vec<ValidationError<'static>>>) -> Vec<Complaint> {
    let mut branches: Vec<Vec<Complaint>> =
        context.into_iter().map(|errors| flatten(errors, super::VIOLATIONS_MAX)).collect();
    branches.retain(|branch| !branch.is_empty());
    if let Some(merged) = merge_kinds(&pointer, keyword, &branches) {
        return vec![merged];
    }
    // Branches for another type of value were not meant, unless there are no others.
    if branches.iter().any(|branch| !of_other_type(&pointer, branch)) {
        branches.retain(|branch| !of_other_type(&pointer, branch));
    }
    if let Some(merged) = merge_options(&branches) {
        return vec![merged];
    }
    let meant = branches.into_iter().min_by_key(|branch| (wrong_tag(&pointer, branch).is_some(), branch.len()));
    meant.unwrap_or_else(|| {
        let fault = Fault::Other("matches none of the allowed forms".to_owned());
        vec![Complaint { pointer, keyword, fault }]
    })
}

/// `an integer` here and `a date-time` there: the value is neither. Only where each branch complains of just that.
fn merge_kinds(pointer: &str, keyword: &'static str, branches: &[Vec<Complaint>]) -> Option<Complaint> {
    let mut words: Vec<Cow<'static, str>> = Vec::new();
    let mut only_types = true;
    for branch in branches {
        let [Complaint { pointer: at, fault: Fault::Kind(kinds), keyword }] = branch.as_slice() else { return None };
        if at != pointer {
            return None;
        }
        only_types &= *keyword == "type";
        let new: Vec<_> = kinds.iter().filter(|kind| !words.contains(kind)).cloned().collect();
        words.extend(new);
    }
    let keyword = if only_types { "type" } else { keyword };
    (!words.is_empty()).then(|| Complaint { pointer: pointer.to_owned(), keyword, fault: Fault::Kind(words) })
}

/// Every branch wants another value in the same place: the value must be one of all of them.
fn merge_options(branches: &[Vec<Complaint>]) -> Option<Complaint> {
    if branches.len() < 2 {
        return None;
    }
    let first = branches.first()?.iter().find(|complaint| matches!(complaint.fault, Fault::NotOneOf(_)))?;
    let mut options: Vec<Value> = Vec::new();
    for branch in branches {
        let same = branch.iter().find_map(|complaint| match &complaint.fault {
            Fault::NotOneOf(options) if complaint.pointer == first.pointer => Some(options),
            _ => None,
        })?;
        options.extend(same.iter().filter(|option| !options.contains(option)).cloned().collect::<Vec<_>>());
    }
    Some(Complaint { pointer: first.pointer.clone(), keyword: "enum", fault: Fault::NotOneOf(options) })
}

fn of_other_type(pointer: &str, branch: &[Complaint]) -> bool {
    branch.iter().any(|complaint| complaint.keyword == "type" && complaint.pointer == pointer)
}

/// A `const` or `enum` of a direct property that does not fit: most likely the tag that tells branches apart.
fn wrong_tag<'a>(pointer: &str, branch: &'a [Complaint]) -> Option<&'a Complaint> {
    branch.iter().find(|complaint| {
        let below = complaint.pointer.strip_prefix(pointer).and_then(|rest| rest.strip_prefix('/'));
        matches!(complaint.fault, Fault::NotOneOf(_)) && below.is_some_and(|name| !name.contains('/'))
    })
}

/// The instance path without the slot that wraps the value.
fn below_slot(path: &str) -> String {
    match path.match_indices('/').nth(1) {
        Some((start, _)) => path[start..].to_owned(),
        None => String::new(),
    }
}

/// Which keyword held the schema `false`.
fn refusing_keyword(schema_path: &str) -> &'static str {
    const KEYWORDS: [&str; 4] = ["additionalProperties", "unevaluatedProperties", "items", "not"];
    let last = schema_path.rsplit('/').next().unwrap_or_default();
    KEYWORDS.into_iter().find(|keyword| *keyword == last).unwrap_or("properties")
}

/// In a fixed order, with null last: `a string or null`.
fn type_words(kind: &TypeKind) -> Vec<Cow<'static, str>> {
    use JsonType::{Array, Boolean, Integer, Null, Number, Object, String};
    let allowed = match kind {
        TypeKind::Single(single) => JsonTypeSet::from(*single),
        TypeKind::Multiple(several) => *several,
    };
    let listed = [String, Integer, Number, Boolean, Object, Array, Null].into_iter();
    listed.filter(|listed| allowed.contains(*listed)).map(|listed| Cow::Borrowed(with_article(listed))).collect()
}

fn with_article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String => "a string",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::Boolean => "a boolean",
        JsonType::Object => "an object",
        JsonType::Array => "an array",
        JsonType::Null => "null",
    }
}

fn format_words(format: &str) -> Cow<'static, str> {
    let words = match format {
        "date-time" => "a date-time",
        "date" => "a date",
        "time" => "a time",
        "duration" => "a duration",
        "email" | "idn-email" => "an email address",
        "uri" | "iri" => "a URL",
        "uri-reference" | "iri-reference" => "a URL or a path",
        "uuid" => "a UUID",
        "hostname" | "idn-hostname" => "a hostname",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "byte" => "base64 text",
        "regex" => "a regular expression",
        "json-pointer" => "a JSON Pointer",
        other => return Cow::Owned(format!("a valid {other}")),
    };
    Cow::Borrowed(words)
}
