//! What keeps a step from being done when it is arrived at, and for which elements it is done.

use serde_json::Value;

use super::Run;
use super::frame::{Elements, Frame, StepState};
use super::limits::fits;
use crate::scenario::code::Code;
use crate::scenario::expression::Expression;
use crate::scenario::finding::Finding;
use crate::scenario::model::{Each, Step};
use crate::scenario::template::Template;

/// What stands in the way of a step that was arrived at.
#[derive(Debug)]
pub enum Obstacle {
    /// Nothing is wrong, but the step is left out.
    Skip(String),
    Fail(Box<Finding>),
}

impl<'s> Run<'s> {
    /// `each`: the step as a whole, before its elements are known.
    pub(super) fn obstacle(&self, frame: &Frame<'s>, step: &Step, each: Option<&Each>) -> Option<Obstacle> {
        if let Some(finding) = self.unmet(frame, step) {
            return Some(Obstacle::Fail(Box::new(finding)));
        }
        let context = frame.context(self.suite, &self.memory, None, None);
        if let Some(condition) = &step.condition
            && !each.is_some_and(|each| mentions(condition.expressions(), &each.name))
        {
            let outcome = condition.evaluate(&context);
            if !outcome.passed {
                let why = if outcome.detail.is_empty() { condition.text.clone() } else { outcome.detail };
                return Some(Obstacle::Skip(format!("its condition does not hold: {why}")));
            }
        }
        if !frame.has_skipped() {
            return None;
        }
        frame.needs_skipped(&expressions(step)).map(Obstacle::Skip)
    }

    /// A step that must be done before, and is not.
    fn unmet(&self, frame: &Frame<'s>, step: &Step) -> Option<Finding> {
        let own = step.depends_on.iter().filter_map(|index| {
            let settled = frame.states.get(*index).is_some_and(StepState::is_settled);
            let id = || frame.workflow.steps.get(*index).map_or("?", |step| step.id.as_str()).to_owned();
            (!settled).then(id)
        });
        let others = step.depends_on_others.iter().filter_map(|(workflow, id)| {
            let at_work = self.frames.iter().filter(|frame| frame.at == *workflow);
            let done = |frame: &Frame<'_>| {
                let index = frame.workflow.steps.iter().position(|one| one.id == *id);
                index.is_some_and(|index| frame.states[index].is_settled())
            };
            let met = self.memory.step(self.suite, *workflow, id) || at_work.into_iter().any(done);
            (!met).then(|| format!("{}.{id}", self.suite.workflow(*workflow).id))
        });
        let unmet = own.chain(others).next()?;
        let message = format!("step `{}` depends on `{unmet}`, which has not passed yet", step.id);
        let finding = Finding::new(Code::DependencyUnmet, step.site.clone(), message);
        Some(finding.hint(format!("let the way to `{}` lead through `{unmet}`", step.id)))
    }

    /// The elements of `x-standin-each`.
    pub(super) fn elements(&self, frame: &Frame<'s>, step: &Step, each: &Each) -> Result<Elements, Obstacle> {
        let site = step.site.below("x-standin-each").below("in");
        let fail = |code, message: String| Err(Obstacle::Fail(Box::new(Finding::new(code, site.clone(), message))));
        match each.values.evaluate(&frame.context(self.suite, &self.memory, None, None)) {
            Ok(values) if !fits(&values) => {
                fail(Code::LoopLimit, format!("the elements of step `{}` have grown too large", step.id))
            }
            Ok(Value::Array(items)) if items.is_empty() => {
                Err(Obstacle::Skip("`x-standin-each` has no elements".to_owned()))
            }
            Ok(Value::Array(items)) => Ok(Elements {
                left: items.into_iter(),
                name: each.name.clone(),
                hidden: frame.inputs.get(&each.name).cloned(),
                conditional: step.condition.as_ref().is_some_and(|one| mentions(one.expressions(), &each.name)),
            }),
            Ok(_) => fail(Code::ExpressionUndefined, format!("`x-standin-each` of step `{}` is no array", step.id)),
            Err(error) => fail(Code::ExpressionUndefined, error.no_value()),
        }
    }
}

/// Every expression that the step needs before it can be judged.
fn expressions(step: &Step) -> Vec<&Expression> {
    let payload = step.body.iter().flat_map(|body| {
        let values = body.replacements.iter().map(|replacement| &replacement.value);
        body.payload.iter().chain(values)
    });
    let parameters = step.parameters.iter().map(|parameter| &parameter.value);
    let each = step.each.iter().map(|each| &each.values);
    let templates = parameters.chain(payload).chain(each).flat_map(Template::expressions);
    templates.chain(step.success_criteria.iter().flat_map(|criterion| criterion.expressions())).collect()
}

/// Is `$inputs.NAME` among the expressions?
fn mentions(expressions: Vec<&Expression>, input: &str) -> bool {
    expressions.iter().any(|expression| matches!(expression, Expression::Inputs { name, .. } if name == input))
}
