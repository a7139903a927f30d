//! Values of a step with its expressions evaluated, in which optional inputs without a value are left out.

use serde_json::Value;

use crate::scenario::expression::{Context, Expression};
use crate::scenario::model::Inputs;
use crate::scenario::template::{Template, Undefined};

/// The optional inputs that nobody gave a value. A parameter or property that is exactly `$inputs.x` for such an input is left out.
#[derive(Debug, Default)]
pub struct Absent<'s> {
    names: Vec<&'s str>,
}

impl<'s> Absent<'s> {
    pub fn of(declared: Option<&'s Inputs>, context: &Context<'_>) -> Absent<'s> {
        let properties = declared.map(|declared| declared.properties.as_slice()).unwrap_or_default();
        let absent = properties.iter().filter(|input| !input.required && !context.inputs.contains_key(&input.name));
        Absent { names: absent.map(|input| input.name.as_str()).collect() }
    }

    /// Is the template exactly an input that is absent?
    pub fn covers(&self, template: &Template) -> bool {
        match template {
            Template::Expression(Expression::Inputs { name, pointer }) => {
                pointer.is_empty() && self.names.contains(&name.as_str())
            }
            _ => false,
        }
    }

    /// The value, or `None` where all of it is an absent input.
    pub fn evaluate(&self, template: &Template, context: &Context<'_>) -> Result<Option<Value>, Undefined> {
        if self.names.is_empty() {
            return template.evaluate(context).map(Some);
        }
        if self.covers(template) {
            return Ok(None);
        }
        self.pruned(template).evaluate(context).map(Some)
    }

    /// The template without the properties that are absent. Its depth is that of a document, which reading has bounded.
    fn pruned(&self, template: &Template) -> Template {
        match template {
            Template::Object(properties) => {
                let kept = properties.iter().filter(|(_, value)| !self.covers(value));
                Template::Object(kept.map(|(name, value)| (name.clone(), self.pruned(value))).collect())
            }
            Template::Array(items) => Template::Array(items.iter().map(|item| self.pruned(item)).collect()),
            other => other.clone(),
        }
    }
}
