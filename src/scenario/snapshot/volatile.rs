//! Marks the values of a body that may differ between two targets that behave the same: found from schema and contract, and from
//! names only where the document says nothing.

use serde_json::Value;

use super::DEPTH_MAX;
use super::kind::Kind;
use super::names::{Promise, promise, reference_word, time_form};
use super::schema::Group;
use super::service::Service;
use crate::contract::plan::{ResourceIndex, TimeForm};
use crate::pointer;

/// Properties that wrap what a reply is about, and say nothing of it.
const WRAPPERS: [&str; 17] = [
    "body", "content", "data", "entries", "items", "list", "object", "objects", "payload", "record", "records",
    "response", "result", "results", "rows", "value", "values",
];

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub kind: Kind,
    /// How the document says that an instant is written.
    pub form: Option<TimeForm>,
    /// Does the document say so, rather than a name? Then a value that breaks its type is worth a finding.
    pub certain: bool,
}

impl Mark {
    pub fn certain(kind: Kind) -> Mark {
        Mark { kind, form: None, certain: true }
    }

    fn likely(kind: Kind) -> Mark {
        Mark { kind, form: None, certain: false }
    }
}

/// A value with marks at its leaves; the keys of objects are sorted.
#[derive(Debug)]
pub enum Marked<'v> {
    Leaf(&'v Value, Option<Mark>),
    Array(Vec<Marked<'v>>),
    Object(Vec<(&'v str, Marked<'v>)>),
}

/// Whose body it is.
#[derive(Debug, Clone, Copy)]
pub struct Marker<'s, 'c> {
    pub service: &'s Service<'c>,
    /// The resource that the operation is about; `None` for an error's body, which is about no record.
    pub resource: Option<ResourceIndex>,
    /// Is it a problem (RFC 9457), whose `type` is a name although it looks like an address?
    pub problem: bool,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct Place<'p> {
    /// The nearest property's name; that of the array for its elements.
    property: &'p str,
    /// The group of the object around it.
    owner: &'p Group<'p>,
    /// The name of the property that holds the object around it.
    holder: &'p str,
}

impl<'s, 'c> Marker<'s, 'c> {
    /// Marks a whole body. Without a schema only names speak.
    pub fn body<'v>(&self, schema: Option<&'c Value>, value: &'v Value) -> Marked<'v> {
        let group = schema.map(|schema| Group::of(self.service, schema, value)).unwrap_or_default();
        let nobody = Group::default();
        self.walk(&group, Place { property: "", owner: &nobody, holder: "" }, value, DEPTH_MAX)
    }

    /// Marks a value that stands alone under a name: a parameter, a header.
    pub fn named(&self, schema: Option<&'c Value>, name: &str, value: &Value) -> Option<Mark> {
        let group = schema.map(|schema| Group::of(self.service, schema, value)).unwrap_or_default();
        self.leaf(&group, Place { property: name, owner: &Group::default(), holder: "" }, value)
    }

    fn walk<'v>(&self, group: &Group<'c>, place: Place<'_>, value: &'v Value, depth: usize) -> Marked<'v> {
        let Some(deeper) = depth.checked_sub(1) else { return Marked::Leaf(value, None) };
        match value {
            Value::Object(fields) => {
                let mut marked: Vec<(&str, Marked<'_>)> = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    let below = group.property(self.service, name, field);
                    let place = Place { property: name, owner: group, holder: place.property };
                    marked.push((name, self.walk(&below, place, field, deeper)));
                }
                marked.sort_by_key(|(name, _)| *name);
                Marked::Object(marked)
            }
            Value::Array(items) => {
                let element = |(index, item)| self.walk(&group.item(self.service, index, item), place, item, deeper);
                Marked::Array(items.iter().enumerate().map(element).collect())
            }
            _ => Marked::Leaf(value, self.leaf(group, place, value)),
        }
    }

    /// A mark that is only likely needs a value of its type.
    fn leaf(&self, group: &Group<'c>, place: Place<'_>, value: &Value) -> Option<Mark> {
        if value.is_null() || value.is_boolean() || group.is_listed() {
            return None;
        }
        let promised = promise(place.property);
        let mark = self.secret(group, place, &promised);
        let mark = mark.or_else(|| self.identifier(place, &promised)).or_else(|| formatted(group, place, &promised));
        let mark = mark.or_else(|| self.by_name(place, promised)).or_else(|| self.address(place, value));
        mark.filter(|mark| mark.certain || mark.kind.fits(value, mark.form) && !is_sentence(&mark.kind, value))
    }

    fn secret(&self, group: &Group<'c>, place: Place<'_>, promised: &Promise) -> Option<Mark> {
        let resource = self.resource_around(place);
        let declared = group.flag("writeOnly")
            || group.words("format").any(|format| format == "password")
            || resource.is_some_and(|resource| self.service.is_secret(resource, place.property));
        match (declared, promised) {
            (true, _) => Some(Mark::certain(Kind::Secret)),
            (false, Promise::Secret) => Some(Mark::likely(Kind::Secret)),
            _ => None,
        }
    }

    /// What the contract knows to be an id or a reference.
    fn identifier(&self, place: Place<'_>, promised: &Promise) -> Option<Mark> {
        let resource = self.resource_around(place)?;
        if self.service.is_id(resource, place.property) {
            return Some(Mark::certain(Kind::Id(self.service.word(resource).to_owned())));
        }
        let target = self.service.reference(resource, place.property)?;
        // A reference under a name of its own, such as `url`, may hold whatever the record's schema says.
        let certain = !matches!(promised, Promise::Nothing);
        Some(Mark { kind: Kind::Id(target.to_owned()), form: None, certain })
    }

    /// The resource of the object around a value; of the operation, where the object is only a wrapper without a name.
    fn resource_around(&self, place: Place<'_>) -> Option<ResourceIndex> {
        let anonymous = place.owner.name.is_none() && (place.holder.is_empty() || is_wrapper(place.holder));
        place.owner.resource.or(self.resource.filter(|_| anonymous))
    }

    fn by_name(&self, place: Place<'_>, promised: Promise) -> Option<Mark> {
        let kind = match promised {
            Promise::OwnId => Kind::Id(self.own_word(place)),
            Promise::IdOf(thing) => Kind::Id(self.word_for(&thing)),
            Promise::RequestId => Kind::RequestId,
            Promise::Cursor => Kind::Cursor,
            Promise::Signature => Kind::Signature,
            Promise::Instant => Kind::Instant,
            Promise::Counter => Kind::Integer,
            Promise::Secret | Promise::Nothing => return None,
        };
        Some(Mark::likely(kind))
    }

    /// The word for an object's own id: its resource, its schema, the property that holds it, the operation's resource.
    fn own_word(&self, place: Place<'_>) -> String {
        if let Some(resource) = place.owner.resource {
            return self.service.word(resource).to_owned();
        }
        if let Some(name) = &place.owner.name {
            return self.word_for(name);
        }
        if !place.holder.is_empty() && !is_wrapper(place.holder) {
            return self.word_for(place.holder.strip_suffix('s').unwrap_or(place.holder));
        }
        self.resource.map_or_else(|| "id".to_owned(), |resource| self.service.word(resource).to_owned())
    }

    fn word_for(&self, thing: &str) -> String {
        match self.service.resource_named(thing) {
            Some(resource) => self.service.word(resource).to_owned(),
            None => reference_word(thing),
        }
    }

    /// A text that is an address, though nothing says so.
    fn address(&self, place: Place<'_>, value: &Value) -> Option<Mark> {
        let text = value.as_str()?;
        let address = text.starts_with("http://") || text.starts_with("https://");
        (address && !(self.problem && place.property == "type")).then(|| Mark::likely(Kind::Uri))
    }
}

/// What `format` says, and a description of how time is counted.
fn formatted(group: &Group<'_>, place: Place<'_>, promised: &Promise) -> Option<Mark> {
    let described = || group.words("description").find_map(|text| time_form(None, text));
    let counts = group.allows_type("integer") || group.allows_type("number");
    let form = group.words("format").find_map(|format| time_form(Some(format), ""));
    if let Some(form) = form.or_else(|| described().filter(|_| counts)) {
        return Some(Mark { kind: Kind::Instant, form: Some(form), certain: true });
    }
    let identifies = matches!(promised, Promise::OwnId | Promise::IdOf(_) | Promise::RequestId);
    let kind = group.words("format").find_map(|format| match format {
        "date" => Some(Kind::Date),
        "uuid" if !identifies => Some(Kind::Uuid),
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => Some(Kind::Uri),
        _ => None,
    })?;
    // A problem's `type` is a URI that never changes.
    (place.property != "type").then(|| Mark::certain(kind))
}

/// No identifier has a blank in it: what stands under the name of one in an error tells what is wrong with it.
fn is_sentence(kind: &Kind, value: &Value) -> bool {
    matches!(kind, Kind::Id(_)) && value.as_str().is_some_and(|text| text.contains(' '))
}

fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&name)
}

impl<'v> Marked<'v> {
    /// The type of the value at a pointer (RFC 6901), or of what was hidden as a whole around it; `None` where nothing is volatile.
    pub fn kind_at(&self, pointer: &str) -> Option<&Kind> {
        let mut at = self;
        for segment in pointer::segments(pointer) {
            at = match at {
                Marked::Object(fields) => fields.iter().find(|(name, _)| *name == segment).map(|(_, child)| child)?,
                Marked::Array(items) => segment.parse().ok().and_then(|index: usize| items.get(index))?,
                Marked::Leaf(..) => break,
            };
        }
        match at {
            Marked::Leaf(value, Some(mark)) if mark.kind.fits(value, mark.form) => Some(&mark.kind),
            _ => None,
        }
    }

    /// Overrules what was found at a pointer (RFC 6901) of the whole body; whatever stands there becomes one value.
    pub fn overrule(&mut self, pointer: &str, body: &'v Value, mark: Mark) {
        let Some(value) = pointer::find(body, pointer) else { return };
        let mut at = self;
        for segment in crate::pointer::segments(pointer) {
            let child = match at {
                Marked::Object(fields) => fields.iter_mut().find(|(name, _)| *name == segment).map(|(_, child)| child),
                Marked::Array(items) => segment.parse().ok().and_then(|index: usize| items.get_mut(index)),
                // Something above was overruled already, and hides this.
                Marked::Leaf(..) => None,
            };
            let Some(child) = child else { return };
            at = child;
        }
        *at = Marked::Leaf(value, Some(mark));
    }
}
