//! Objects that are looked at member by member, and put together only where an expression wants them whole: records of a store.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::json;

/// From so many members on it is cheaper to put the whole together than to find one more.
const LOOKS_MAX: usize = 8;

/// What an object is made of, wherever it is kept.
pub trait Members: fmt::Debug {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// All members, hidden ones last.
    fn whole(&self) -> Value;

    /// Does it have members that callers must not see?
    fn hides(&self) -> bool {
        false
    }

    /// What callers may see, where it is at hand as JSON text.
    fn visible(&self) -> Option<&str> {
        None
    }

    /// Are its members at hand as values, so that to look for one again costs nothing?
    fn lends(&self) -> bool {
        false
    }
}

/// These members of an object, as far as it has them.
pub fn some_of(object: &impl Members, names: &[&str]) -> Value {
    let mut some = Map::with_capacity(names.len());
    some.extend(names.iter().filter_map(|name| Some(((*name).to_owned(), object.member(name)?.into_owned()))));
    Value::Object(some)
}

/// An object as expressions see it. What was looked up is kept, so that it can be lent.
#[derive(Debug)]
pub struct Object<'a> {
    members: Kept<'a>,
    whole: OnceCell<Arc<Value>>,
    visible: OnceCell<Box<Value>>,
    looks: OnceCell<Box<Look>>,
}

#[derive(Debug)]
enum Kept<'a> {
    Shared(Arc<dyn Members>),
    Lent(&'a dyn Members),
}

/// One member that was looked up, and the one looked up after it.
#[derive(Debug)]
struct Look {
    name: Box<str>,
    value: Option<Value>,
    next: OnceCell<Box<Look>>,
}

/// A list of objects.
#[derive(Debug)]
pub struct Objects<'a> {
    pub items: Vec<Object<'a>>,
    whole: OnceCell<Value>,
    /// The list as callers see it.
    visible: OnceCell<(String, Value)>,
}

impl<'a> Object<'a> {
    pub fn new(members: Arc<dyn Members>) -> Object<'a> {
        Object::of(Kept::Shared(members))
    }

    /// One that others keep.
    pub fn lent(members: &'a dyn Members) -> Object<'a> {
        Object::of(Kept::Lent(members))
    }

    /// One whose whole is at hand, too.
    pub fn known(members: Arc<dyn Members>, whole: Arc<Value>) -> Object<'a> {
        Object { whole: OnceCell::from(whole), ..Object::new(members) }
    }

    fn of(members: Kept<'a>) -> Object<'a> {
        Object { members, whole: OnceCell::new(), visible: OnceCell::new(), looks: OnceCell::new() }
    }

    fn members(&self) -> &dyn Members {
        match &self.members {
            Kept::Shared(members) => &**members,
            Kept::Lent(members) => *members,
        }
    }

    pub fn member(&self, name: &str) -> Option<&Value> {
        if let Some(whole) = self.whole.get() {
            return json::get(whole, name);
        }
        let mut free = &self.looks;
        for _ in 0..LOOKS_MAX {
            match free.get() {
                Some(look) if *look.name == *name => return look.value.as_ref(),
                Some(look) => free = &look.next,
                None => return self.look(name, free),
            }
        }
        self.whole().get(name)
    }

    fn look<'o>(&'o self, name: &str, free: &'o OnceCell<Box<Look>>) -> Option<&'o Value> {
        let value = match self.members().member(name) {
            Some(Cow::Borrowed(value)) => return Some(value),
            None if self.members().lends() => return None,
            found => found.map(Cow::into_owned),
        };
        let look = free.get_or_init(|| Box::new(Look { name: name.into(), value, next: OnceCell::new() }));
        look.value.as_ref()
    }

    pub fn whole(&self) -> &Value {
        self.whole.get_or_init(|| Arc::new(self.members().whole()))
    }

    fn copied(&self) -> Value {
        self.whole.get().map_or_else(|| self.members().whole(), |whole| Value::clone(whole))
    }

    pub fn hides(&self) -> bool {
        self.members().hides()
    }

    /// What callers may see, where it is at hand as JSON text.
    pub fn text(&self) -> Option<&str> {
        self.members().visible()
    }

    pub fn visible(&self) -> &Value {
        match self.text().filter(|_| self.hides()) {
            Some(text) => self.visible.get_or_init(|| Box::new(serde_json::from_str(text).unwrap_or_default())),
            None => self.whole(),
        }
    }
}

impl<'a> Objects<'a> {
    pub fn new(items: Vec<Object<'a>>) -> Objects<'a> {
        Objects { items, whole: OnceCell::new(), visible: OnceCell::new() }
    }

    pub fn whole(&self) -> &Value {
        self.whole.get_or_init(|| self.items.iter().map(Object::copied).collect())
    }

    pub fn hides(&self) -> bool {
        self.items.iter().any(Object::hides)
    }

    pub fn text(&self) -> &str {
        &self.told().0
    }

    pub fn visible(&self) -> &Value {
        if self.hides() { &self.told().1 } else { self.whole() }
    }

    fn told(&self) -> &(String, Value) {
        self.visible.get_or_init(|| {
            let list: Value = self.items.iter().map(|item| item.visible().clone()).collect();
            (list.to_string(), list)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use serde_json::json;

    use super::super::{Expression, Scope};
    use super::*;

    /// Counts what is asked of it.
    #[derive(Debug, Default)]
    struct Parcel {
        looks: Mutex<Vec<String>>,
        wholes: Mutex<usize>,
    }

    fn held<T>(counted: &Mutex<T>) -> MutexGuard<'_, T> {
        counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Members for Parcel {
        fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
            held(&self.looks).push(name.to_owned());
            Some(Cow::Owned(self.whole().get(name)?.clone()))
        }

        fn whole(&self) -> Value {
            *held(&self.wholes) += 1;
            json!({"id": 1, "state": null, "secret": "s"})
        }

        fn hides(&self) -> bool {
            true
        }

        fn visible(&self) -> Option<&str> {
            Some(r#"{"id":1,"state":null}"#)
        }
    }

    #[track_caller]
    fn check(text: &str, shows: bool, expected: Value, looks: &[&str]) {
        let parcel = Arc::new(Parcel::default());
        let mut scope = Scope::default();
        scope.bind_object("parcel", Object::new(parcel.clone()));
        scope.bind_objects("parcels", vec![Object::new(parcel.clone())]);
        scope.show(shows);
        let expression = Expression::compile(text, &["parcel", "parcels"]).expect(text);
        assert_eq!(expression.evaluate(&scope), Ok(expected), "{text}");
        assert_eq!(*held(&parcel.looks), looks, "{text}");
    }

    #[test]
    fn members_are_looked_up_once_each() {
        check("parcel.id", false, json!(1), &["id"]);
        check("parcel.secret + parcel.secret", false, json!("ss"), &["secret"]);
        check("[has(parcel.state), has(parcel.none)]", false, json!([true, false]), &["state", "none"]);
        check("parcels.exists(p, p.id == 2 || p.secret == 's')", false, json!(true), &["id", "secret"]);
        check("parcels.map(p, p['id'])", false, json!([1]), &["id"]);
    }

    #[test]
    fn a_whole_has_what_is_hidden_unless_it_is_shown() {
        let (whole, visible) = (json!({"id": 1, "state": null, "secret": "s"}), json!({"id": 1, "state": null}));
        check("parcel", false, whole.clone(), &[]);
        check("parcel", true, visible.clone(), &[]);
        check("parcels.filter(p, true)", false, json!([whole]), &[]);
        check("parcels", true, json!([visible]), &[]);
        check("[parcel.secret, parcels.map(p, p.secret)]", true, json!(["s", [null]]), &["secret"]);
    }

    #[test]
    fn many_looks_put_the_whole_together_once() {
        let parcel = Arc::new(Parcel::default());
        let object = Object::new(parcel.clone());
        for name in 0..LOOKS_MAX + 10 {
            assert_eq!(object.member(&name.to_string()), None);
        }
        assert_eq!(object.member("id"), Some(&json!(1)));
        assert_eq!((held(&parcel.looks).len(), *held(&parcel.wholes)), (LOOKS_MAX, LOOKS_MAX + 1));
    }
}
