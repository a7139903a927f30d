//! Evaluation of a checked tree over borrowed JSON.
//!
//! What is bound is borrowed until it becomes part of something new. Every step, and every copy by its weight, is
//! charged to a budget, so that no expression can hang or fill the memory, whatever a caller sends.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

use super::Scope;
use super::functions::Function;
use super::object::Object;
use super::operators::{NULL, kind, negate};
use super::scope::Bound;
use super::syntax::{Comprehension, ComprehensionKind, Condition, Element, Key, Node};
use crate::json;

/// The longest list that a comprehension goes through.
pub const LIST_LEN_MAX: usize = 10_000;
/// The longest text that an expression may make.
pub const TEXT_BYTES_MAX: usize = 4 << 20;
/// How many steps one evaluation may take. A copied value costs one step for each part and for each 64 bytes of text.
pub const STEPS_MAX: usize = 2_000_000;

type Evaluated<'v> = Result<Cow<'v, Value>, String>;

pub fn evaluate<'v>(node: &'v Node, scope: &'v Scope<'_>) -> Evaluated<'v> {
    // The run ends here, so the value may borrow from the node and the scope, never from the run.
    Run::new(scope).value(node, None)
}

pub fn holds(condition: &Condition, scope: &Scope<'_>) -> Result<bool, String> {
    Run::new(scope).decided(condition, None)
}

struct Run<'s> {
    scope: &'s Scope<'s>,
    steps_left: Cell<usize>,
}

/// The variables of the comprehensions around, innermost first.
struct Variables<'v> {
    item: Item<'v>,
    outer: Option<&'v Variables<'v>>,
}

/// What a member is looked up in: a record's bare name stands for all that it holds.
enum Holder<'v> {
    Value(Cow<'v, Value>),
    Object(&'v Object<'v>),
}

/// An element of what a comprehension goes through.
#[derive(Clone, Copy)]
enum Item<'v> {
    Value(&'v Value),
    Object(&'v Object<'v>),
}

impl<'s> Run<'s> {
    fn new(scope: &'s Scope<'s>) -> Run<'s> {
        Run { scope, steps_left: Cell::new(STEPS_MAX) }
    }

    fn value<'v>(&self, node: &'v Node, variables: Option<&'v Variables<'v>>) -> Evaluated<'v>
    where
        's: 'v,
    {
        self.charge(1)?;
        match node {
            Node::Literal(value) => Ok(Cow::Borrowed(value)),
            Node::Name(name) => self.scope.value(name).map(Cow::Borrowed),
            Node::Variable(index) => variable(*index, variables).map(|item| Cow::Borrowed(item.value())),
            Node::Member { .. } => Ok(self.optional(node, variables)?.unwrap_or(Cow::Borrowed(&NULL))),
            Node::OrValue { optional, otherwise } => match self.present(optional, variables)? {
                Some(value) => Ok(value),
                None => self.value(otherwise, variables),
            },
            Node::List(elements) => self.list(elements, variables).map(Cow::Owned),
            Node::Object(entries) => self.object(entries, variables).map(Cow::Owned),
            Node::Negate(operand) => negate(&*self.value(operand, variables)?).map(Cow::Owned),
            Node::Condition(condition) => self.decided(condition, variables).map(boolean),
            Node::Conditional { test, then, otherwise } => {
                let chosen = if self.truth(test, variables, "?:")? { then } else { otherwise };
                self.value(chosen, variables)
            }
            Node::Binary(operator, left, right) => {
                let (left, right) = (self.value(left, variables)?, self.value(right, variables)?);
                self.made(operator.apply(&left, &right)?)
            }
            Node::Call(function, arguments) => self.call(function, arguments, variables),
            Node::Comprehension(comprehension) => self.comprehension(comprehension, variables),
        }
    }

    fn decided<'v>(&self, condition: &'v Condition, variables: Option<&'v Variables<'v>>) -> Result<bool, String>
    where
        's: 'v,
    {
        match condition {
            Condition::Has { of, key } => {
                let of = self.holder(of, variables)?;
                Ok(of.map_or(Ok(None), |of| self.member(of, key, variables))?.is_some())
            }
            Condition::HasValue(optional) => Ok(self.present(optional, variables)?.is_some()),
            Condition::Not(operand) => Ok(!self.truth(operand, variables, "!")?),
            Condition::And(left, right) => {
                Ok(self.truth(left, variables, "&&")? && self.truth(right, variables, "&&")?)
            }
            Condition::Or(left, right) => Ok(self.truth(left, variables, "||")? || self.truth(right, variables, "||")?),
            Condition::Binary(operator, left, right) => {
                let (left, right) = (self.value(left, variables)?, self.value(right, variables)?);
                operator.holds(&left, &right)
            }
            Condition::Matches(subject, regex) => match &*self.value(subject, variables)? {
                Value::String(text) => Ok(regex.is_match(text)),
                other => Err(format!("matches: argument 1 must be text, got {}", kind(other))),
            },
        }
    }

    fn call<'v>(
        &self,
        function: &'static Function,
        arguments: &'v [Node],
        variables: Option<&'v Variables<'v>>,
    ) -> Evaluated<'v>
    where
        's: 'v,
    {
        // Most functions take one argument or two, for which no list has to be made.
        let made = match arguments {
            [only] => function.run(&[self.value(only, variables)?]),
            [one, two] => function.run(&[self.value(one, variables)?, self.value(two, variables)?]),
            _ => {
                let values = arguments.iter().map(|argument| self.value(argument, variables));
                function.run(&values.collect::<Result<Vec<_>, _>>()?)
            }
        };
        self.made(made.map_err(|message| format!("{}: {message}", function.name))?)
    }

    /// A member chain's value, or `None` when its end is not there. Other nodes always have a value.
    fn optional<'v>(
        &self,
        node: &'v Node,
        variables: Option<&'v Variables<'v>>,
    ) -> Result<Option<Cow<'v, Value>>, String>
    where
        's: 'v,
    {
        match node {
            Node::Member { of, key, .. } => match self.holder(of, variables)? {
                Some(of) => self.member(of, key, variables),
                None => Ok(None),
            },
            other => self.value(other, variables).map(Some),
        }
    }

    fn holder<'v>(&self, node: &'v Node, variables: Option<&'v Variables<'v>>) -> Result<Option<Holder<'v>>, String>
    where
        's: 'v,
    {
        let holder = match node {
            Node::Name(name) => match self.scope.bound(name)? {
                Bound::Object(object) => Holder::Object(object),
                bound => Holder::Value(Cow::Borrowed(self.scope.seen(name, bound)?)),
            },
            Node::Variable(index) => match variable(*index, variables)? {
                Item::Object(object) => Holder::Object(object),
                Item::Value(value) => Holder::Value(Cow::Borrowed(value)),
            },
            _ => return Ok(self.optional(node, variables)?.map(Holder::Value)),
        };
        self.charge(1).map(|()| Some(holder))
    }

    /// The operand of `orValue`: with a `?` in it, null is a value; without one, null is absence.
    fn present<'v>(
        &self,
        node: &'v Node,
        variables: Option<&'v Variables<'v>>,
    ) -> Result<Option<Cow<'v, Value>>, String>
    where
        's: 'v,
    {
        let value = self.optional(node, variables)?;
        Ok(value.filter(|value| is_optional(node) || !value.is_null()))
    }

    fn member<'v>(
        &self,
        of: Holder<'v>,
        key: &'v Key,
        variables: Option<&'v Variables<'v>>,
    ) -> Result<Option<Cow<'v, Value>>, String>
    where
        's: 'v,
    {
        self.charge(1)?;
        match key {
            Key::Name(name) => Ok(of.named(name)),
            Key::Computed(key) => match &*self.value(key, variables)? {
                Value::String(name) => Ok(of.named(name)),
                Value::Number(number) => item(of, number),
                // `labels[body.label]` with an optional member inside.
                Value::Null => Ok(None),
                other => Err(format!("an index must be text or an integer, got {}", kind(other))),
            },
        }
    }

    fn truth<'v>(&self, node: &'v Node, variables: Option<&'v Variables<'v>>, operator: &str) -> Result<bool, String>
    where
        's: 'v,
    {
        if let Node::Condition(condition) = node {
            self.charge(1)?;
            return self.decided(condition, variables);
        }
        let value = self.value(node, variables)?;
        value.as_bool().ok_or_else(|| format!("`{operator}` needs true or false, got {}", kind(&value)))
    }

    /// An element's own value; `None` when it is optional and absent.
    fn element<'v>(&self, element: &'v Element, variables: Option<&'v Variables<'v>>) -> Result<Option<Value>, String>
    where
        's: 'v,
    {
        let value = match element.optional {
            true => self.present(&element.value, variables)?,
            false => Some(self.value(&element.value, variables)?),
        };
        value.map(|value| self.own(value)).transpose()
    }

    fn list<'v>(&self, elements: &'v [Element], variables: Option<&'v Variables<'v>>) -> Result<Value, String>
    where
        's: 'v,
    {
        let mut list = Vec::with_capacity(elements.len());
        for element in elements {
            list.extend(self.element(element, variables)?);
        }
        Ok(Value::Array(list))
    }

    /// Keys are sorted: what is made in an expression has no author's order to keep.
    fn object<'v>(&self, entries: &'v [(Node, Element)], variables: Option<&'v Variables<'v>>) -> Result<Value, String>
    where
        's: 'v,
    {
        let mut map = Map::with_capacity(entries.len());
        for (key, element) in entries {
            let key = match self.value(key, variables)?.into_owned() {
                Value::String(key) => key,
                other => return Err(format!("an object's key must be text, got {}", kind(&other))),
            };
            if let Some(value) = self.element(element, variables)?
                && map.insert(key.clone(), value).is_some()
            {
                return Err(format!("key '{key}' is given twice"));
            }
        }
        map.sort_keys();
        Ok(Value::Object(map))
    }

    fn comprehension<'v>(&self, comprehension: &'v Comprehension, variables: Option<&'v Variables<'v>>) -> Evaluated<'v>
    where
        's: 'v,
    {
        if let Some(objects) = self.objects(&comprehension.range) {
            self.charge(1)?;
            return self.fold(comprehension, objects.iter().map(Item::Object), variables);
        }
        let range = self.value(&comprehension.range, variables)?;
        let keys: Vec<Value>;
        let items: &[Value] = match &*range {
            Value::Array(list) => list,
            Value::Object(map) => {
                keys = map.keys().map(|key| Value::from(key.as_str())).collect();
                &keys
            }
            Value::Null => &[],
            other => return Err(format!("a loop needs a list or an object, got {}", kind(other))),
        };
        self.fold(comprehension, items.iter().map(Item::Value), variables)
    }

    /// The list of records that a node names.
    fn objects(&self, node: &Node) -> Option<&'s [Object<'s>]> {
        match node {
            Node::Name(name) => self.scope.objects(name),
            _ => None,
        }
    }

    fn fold<'v, 'i>(
        &self,
        comprehension: &'v Comprehension,
        items: impl ExactSizeIterator<Item = Item<'i>>,
        variables: Option<&'v Variables<'v>>,
    ) -> Evaluated<'v>
    where
        's: 'v,
    {
        if items.len() > LIST_LEN_MAX {
            return Err(format!("a loop over {} elements is longer than {LIST_LEN_MAX}", items.len()));
        }
        let mut fold = Fold::new(comprehension.kind);
        for item in items {
            let inner = Variables { item, outer: variables };
            if let Some(condition) = &comprehension.condition
                && !self.truth(condition, Some(&inner), "map")?
            {
                continue;
            }
            if comprehension.kind == ComprehensionKind::Map {
                let value = self.value(&comprehension.body, Some(&inner))?;
                fold.made.push(self.own(value)?);
            } else {
                let truth = self.truth(&comprehension.body, Some(&inner), comprehension.kind.word())?;
                if truth && comprehension.kind == ComprehensionKind::Filter {
                    fold.made.push(self.own(Cow::Borrowed(item.value()))?);
                }
                if fold.decided_by(truth) {
                    break;
                }
            }
        }
        Ok(Cow::Owned(fold.result()))
    }

    fn charge(&self, steps: usize) -> Result<(), String> {
        match self.steps_left.get().checked_sub(steps) {
            Some(left) => {
                self.steps_left.set(left);
                Ok(())
            }
            None => Err(format!("takes more than {STEPS_MAX} steps")),
        }
    }

    /// Charges a value that an operator or a function made.
    fn made<'v>(&self, value: Value) -> Evaluated<'v> {
        match &value {
            Value::String(text) if text.len() > TEXT_BYTES_MAX => {
                return Err(format!("makes a text of {} bytes, more than {TEXT_BYTES_MAX}", text.len()));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            other => self.charge(weight(other))?,
        }
        Ok(Cow::Owned(value))
    }

    /// The value as a part of something new; a borrowed one is copied and charged.
    fn own(&self, value: Cow<'_, Value>) -> Result<Value, String> {
        if let Cow::Borrowed(borrowed) = value {
            self.charge(weight(borrowed))?;
        }
        Ok(value.into_owned())
    }
}

impl ComprehensionKind {
    fn word(self) -> &'static str {
        match self {
            ComprehensionKind::All => "all",
            ComprehensionKind::Exists => "exists",
            ComprehensionKind::ExistsOne => "exists_one",
            ComprehensionKind::Map => "map",
            ComprehensionKind::Filter => "filter",
        }
    }
}

/// What a comprehension has come to so far.
struct Fold {
    kind: ComprehensionKind,
    /// How many elements fulfilled the condition of `exists_one`.
    found: usize,
    /// `all` has failed, or `exists` has succeeded.
    decided: bool,
    made: Vec<Value>,
}

impl Fold {
    fn new(kind: ComprehensionKind) -> Fold {
        Fold { kind, found: 0, decided: false, made: Vec::new() }
    }

    fn decided_by(&mut self, truth: bool) -> bool {
        self.found += usize::from(truth);
        self.decided = match self.kind {
            ComprehensionKind::All => !truth,
            ComprehensionKind::Exists => truth,
            ComprehensionKind::ExistsOne => self.found > 1,
            ComprehensionKind::Map | ComprehensionKind::Filter => false,
        };
        self.decided
    }

    fn result(self) -> Value {
        match self.kind {
            ComprehensionKind::All => Value::Bool(!self.decided),
            ComprehensionKind::Exists => Value::Bool(self.decided),
            ComprehensionKind::ExistsOne => Value::Bool(self.found == 1),
            ComprehensionKind::Map | ComprehensionKind::Filter => Value::Array(self.made),
        }
    }
}

fn boolean<'v>(truth: bool) -> Cow<'v, Value> {
    static TRUE: Value = Value::Bool(true);
    static FALSE: Value = Value::Bool(false);
    Cow::Borrowed(if truth { &TRUE } else { &FALSE })
}

fn variable<'v>(index: usize, variables: Option<&'v Variables<'v>>) -> Result<Item<'v>, String> {
    let found = std::iter::successors(variables, |variables| variables.outer).nth(index);
    found.map(|found| found.item).ok_or_else(|| "a loop's variable is out of reach".to_owned())
}

impl<'v> Item<'v> {
    fn value(self) -> &'v Value {
        match self {
            Item::Value(value) => value,
            Item::Object(object) => object.whole(),
        }
    }
}

impl<'v> Holder<'v> {
    fn named(self, name: &str) -> Option<Cow<'v, Value>> {
        match self {
            Holder::Object(object) => object.member(name).map(Cow::Borrowed),
            Holder::Value(Cow::Borrowed(Value::Object(map))) => json::member(map, name).map(Cow::Borrowed),
            Holder::Value(Cow::Owned(Value::Object(mut map))) => map.swap_remove(name).map(Cow::Owned),
            Holder::Value(_) => None,
        }
    }
}

fn item<'v>(of: Holder<'v>, number: &serde_json::Number) -> Result<Option<Cow<'v, Value>>, String> {
    let whole = super::operators::integer(number).ok_or_else(|| format!("list index {number} is not an integer"))?;
    if whole < 0 {
        return Err(format!("list index {whole} is negative; count from the end with x[size(x) - 1]"));
    }
    let index = usize::try_from(whole).unwrap_or(usize::MAX);
    Ok(match of {
        Holder::Value(Cow::Borrowed(Value::Array(list))) => list.get(index).map(Cow::Borrowed),
        Holder::Value(Cow::Owned(Value::Array(mut list))) if index < list.len() => {
            Some(Cow::Owned(list.swap_remove(index)))
        }
        _ => None,
    })
}

/// Does the chain have a `?` anywhere?
fn is_optional(node: &Node) -> bool {
    let mut node = node;
    while let Node::Member { of, optional, .. } = node {
        if *optional {
            return true;
        }
        node = of;
    }
    false
}

/// How many steps a copy of the value costs.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 1,
        Value::Object(map) => map.iter().map(|(key, value)| 1 + key.len() / 64 + weight(value)).sum::<usize>() + 1,
        _ => 1,
    }
}
