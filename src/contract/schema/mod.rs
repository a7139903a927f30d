//! One compiled validator for every schema of an API.
//!
//! The root schema names each request, parameter, reply and header schema as a property; a value is checked as the one property of an
//! object. Compiling one validator instead of one for each response is what keeps large documents cheap.
//!
//! - [`bundle`] copies what the slots reach, and nothing else of the document, into that root schema;
//! - [`compile`] turns it into a validator, or says which schema of the document is at fault;
//! - [`instance`] shows a value to the validator as it stands;
//! - [`best`] picks, for `anyOf` and `oneOf`, the complaint of the branch that the value was meant for;
//! - [`message`] words a complaint for people.

mod best;
mod bundle;
mod compile;
mod instance;
mod message;

use std::collections::HashMap;
use std::fmt::Display;

use jsonschema::Validator;
use serde_json::Value;

use super::error::LoadError;
use super::sample::Direction;
use super::violation::{Place, Violation};
use crate::json;
use instance::{InPlace, Instance, Slot as Property};

/// More violations than this in one value are not reported: nobody reads them, and a hostile body should not buy them.
pub const VIOLATIONS_MAX: usize = 100;

/// A schema in [`Schemas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub u32);

#[derive(Debug)]
pub struct Schemas {
    validator: Validator<InPlace>,
    /// The root schema's property for each id.
    slots: Vec<String>,
}

/// Collects schemas before they are compiled together.
#[derive(Debug, Default)]
pub struct SchemasBuilder {
    slots: Vec<Slot>,
    known: HashMap<(Option<Direction>, String), SchemaId>,
}

#[derive(Debug)]
struct Slot {
    schema: Value,
    /// A request need not have what is `readOnly`, nor a reply what is `writeOnly`, even where it is `required`.
    direction: Option<Direction>,
    /// Where the schema was first met, for messages; empty where nobody said.
    pointer: String,
}

impl SchemasBuilder {
    /// Adds a Schema Object (2020-12 form; `$ref`s are local to the document). Equal schemas share an id.
    pub fn add(&mut self, schema: &Value) -> SchemaId {
        self.add_at(schema, "")
    }

    /// Like [`SchemasBuilder::add`], and remembers where the schema stands, so that a fault in it can be pointed at.
    pub fn add_at(&mut self, schema: &Value, pointer: &str) -> SchemaId {
        self.insert(None, schema, pointer)
    }

    /// Like [`SchemasBuilder::add_at`] for what is only sent, or only answered: `required` then leaves out properties that are
    /// `readOnly` or `writeOnly` respectively (OpenAPI 3.0, 4.7.24; kept so in 3.1).
    pub fn add_for(&mut self, direction: Direction, schema: &Value, pointer: &str) -> SchemaId {
        self.insert(Some(direction), schema, pointer)
    }

    fn insert(&mut self, direction: Option<Direction>, schema: &Value, pointer: &str) -> SchemaId {
        let key = (direction, json::text(schema));
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = SchemaId(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        self.slots.push(Slot { schema: schema.clone(), direction, pointer: pointer.to_owned() });
        self.known.insert(key, id);
        id
    }

    /// Compiles. `document` is the tree that `$ref`s point into.
    pub fn build(self, file: &str, document: &Value) -> Result<Schemas, Vec<LoadError>> {
        let slots = (0..self.slots.len()).map(|index| index.to_string()).collect();
        let bundle = bundle::bundle(file, document, self.slots)?;
        let validator = compile::compile(file, &bundle)?;
        Ok(Schemas { validator, slots })
    }
}

impl Schemas {
    /// Is the value valid? The fast path.
    pub fn accepts<'a>(&self, id: SchemaId, value: impl Into<Instance<'a>>) -> bool {
        self.validator.is_valid(Instance::Slot(&self.slot(id, value.into())))
    }

    /// Every violation, in the order of the schema.
    pub fn check<'a>(&self, id: SchemaId, value: impl Into<Instance<'a>>, place: Place) -> Vec<Violation> {
        self.check_below("", id, value, place)
    }

    /// Like [`Schemas::check`] for a value that stands at a pointer: a parameter at `/per_page`, an item at `/posts/3`.
    pub fn check_below<'a>(
        &self,
        pointer: impl Display,
        id: SchemaId,
        value: impl Into<Instance<'a>>,
        place: Place,
    ) -> Vec<Violation> {
        let slot = self.slot(id, value.into());
        // The fast path answers for valid values, which are most; collecting errors costs several times as much.
        if self.validator.is_valid(Instance::Slot(&slot)) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(Instance::Slot(&slot)).collect();
        let complaints = best::flatten(errors, VIOLATIONS_MAX);
        violations(&pointer.to_string(), complaints, place)
    }

    fn slot<'a>(&'a self, id: SchemaId, value: Instance<'a>) -> Property<'a> {
        Property { name: &self.slots[id.0 as usize], value }
    }
}

/// Complaints as violations, each said once.
fn violations(pointer: &str, complaints: Vec<best::Complaint>, place: Place) -> Vec<Violation> {
    let mut violations: Vec<Violation> = Vec::with_capacity(complaints.len());
    for mut complaint in complaints {
        complaint.pointer.insert_str(0, pointer);
        let message = message::message(&complaint, place);
        let violation = Violation { place, pointer: complaint.pointer, keyword: complaint.keyword, message };
        if !violations.contains(&violation) {
            violations.push(violation);
        }
    }
    violations
}

#[cfg(test)]
mod tests;
