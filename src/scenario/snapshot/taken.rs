//! What steps took from replies as their outputs, where it is of a type whose values are not recognised by themselves: a count, a text.
//!
//! Another `7` may be anything, so such a value is followed by name: from an output's pointer into the reply to the expression that hands
//! it on.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::literal::Author;
use super::transcript::Here;
use super::volatile::Marked;
use crate::scenario::expression::{Expression, Part};
use crate::scenario::finding::Site;
use crate::scenario::model::Workflow;
use crate::scenario::template::Template;

#[derive(Debug, Default)]
pub(super) struct Taken {
    /// By the step's place and the output's name.
    kinds: BTreeMap<(Site, String), Kind>,
}

impl Taken {
    /// Notes the outputs of a step whose reply has these marks.
    pub fn note(&mut self, here: Here<'_>, marked: &Marked<'_>) {
        for (name, template) in &here.step.outputs {
            let kind = match template {
                Template::Expression(Expression::Response(Part::Body(pointer))) => marked.kind_at(pointer),
                _ => None,
            };
            let key = (here.step.site.clone(), name.clone());
            match kind.filter(|kind| !kind.is_remembered()) {
                Some(kind) => drop(self.kinds.insert(key, kind.clone())),
                None => drop(self.kinds.remove(&key)),
            }
        }
    }

    /// Who wrote this: `$steps.today.outputs.count` hands on what the reply of `today` held.
    pub fn author<'t>(&'t self, workflow: &Workflow, template: &'t Template) -> Author<'t> {
        match Author::of(template) {
            Author::Template(Template::Expression(expression)) => {
                self.kind(workflow, expression).map_or(Author::of(template), Author::Taken)
            }
            other => other,
        }
    }

    fn kind(&self, workflow: &Workflow, expression: &Expression) -> Option<&Kind> {
        let Expression::Step { step, output, pointer } = expression else { return None };
        let step = workflow.steps.iter().find(|known| known.id == *step).filter(|_| pointer.is_empty())?;
        self.kinds.get(&(step.site.clone(), output.clone()))
    }
}
