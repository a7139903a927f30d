//! What the author wrote over what was inferred.
//!
//! Both are [`Behaviour`]s as JSON. A named entry (an operation, a resource, an error) is taken word by word from the author; words that hold
//! maps of names (`set`, `references` …) are joined key by key. A word that the author sets to null goes away. Trees and other values are
//! taken whole, nulls included.

use serde_json::{Map, Value};

/// Words of an entry whose maps are joined instead of replaced.
const JOINED: [&str; 9] = ["set", "references", "filters", "with", "id", "page", "sort", "match", "events"];
/// The words of which an operation has one.
const VERBS: [&str; 9] = ["list", "get", "create", "update", "replace", "delete", "save", "batch", "deliver"];

/// The author's behaviour over the inferred one.
pub fn merge(inferred: Value, authored: &Value) -> Value {
    let (mut base, Value::Object(authored)) = (object(inferred), authored) else { return Value::Null };
    for (word, value) in authored {
        if value.is_null() {
            base.shift_remove(word);
            continue;
        }
        let merged = match (word.as_str(), base.shift_remove(word)) {
            ("errors" | "limits" | "credentials" | "resources" | "operations", Some(inferred)) => {
                entries(word, object(inferred), value)
            }
            ("shapes" | "limit_headers" | "idempotency" | "webhooks" | "consent", Some(inferred)) => {
                words(object(inferred), value)
            }
            _ => value.clone(),
        };
        base.insert(word.clone(), merged);
    }
    Value::Object(base)
}

fn entries(kind: &str, mut base: Map<String, Value>, authored: &Value) -> Value {
    let Value::Object(authored) = authored else { return authored.clone() };
    for (name, value) in authored {
        let merged = match (value, base.get(name)) {
            (Value::Null, _) => {
                base.shift_remove(name);
                continue;
            }
            (_, Some(inferred)) => {
                let mut inferred = object(inferred.clone());
                if kind == "operations" {
                    forget_what_the_author_replaces(&mut inferred, value);
                }
                words(inferred, value)
            }
            (_, None) => value.clone(),
        };
        base.insert(name.clone(), merged);
    }
    Value::Object(base)
}

/// An author who names a verb means that verb alone; one who says anything at all no longer wants a sample.
fn forget_what_the_author_replaces(inferred: &mut Map<String, Value>, authored: &Value) {
    if VERBS.iter().any(|verb| authored.get(verb).is_some_and(|value| !value.is_null())) {
        inferred.retain(|word, _| !VERBS.contains(&word.as_str()) && word != "sampled");
        for word in ["merge", "reply", "match", "id", "set"] {
            inferred.shift_remove(word);
        }
    } else if authored.get("reply").is_some() {
        inferred.shift_remove("sampled");
    }
}

fn words(mut base: Map<String, Value>, authored: &Value) -> Value {
    let Value::Object(authored) = authored else { return authored.clone() };
    for (word, value) in authored {
        if value.is_null() {
            base.shift_remove(word);
        } else if let (true, Some(Value::Object(inferred)), Value::Object(named)) =
            (JOINED.contains(&word.as_str()), base.get_mut(word), value)
        {
            for (name, value) in named {
                inferred.insert(name.clone(), value.clone());
            }
        } else {
            base.insert(word.clone(), value.clone());
        }
    }
    Value::Object(base)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use serde_json::json;

    #[test]
    fn an_authored_verb_replaces_the_inferred_one() {
        let inferred = json!({"operations": {"a": {"sampled": true}, "b": {"get": "x", "filters": {"q": {}}}}});
        let authored = json!({"operations": {"a": {"update": "x"}, "b": {"require": []}}});
        let merged = merge(inferred, &authored);
        assert_eq!(
            merged,
            json!({"operations": {"a": {"update": "x"}, "b": {"get": "x", "filters": {"q": {}}, "require": []}}})
        );
    }

    #[test]
    fn maps_of_names_are_joined_and_nulls_in_them_are_values() {
        let inferred = json!({"resources": {"post": {"set": {"a": 1, "b": 2}, "order": "-at"}}});
        let authored = json!({"resources": {"post": {"set": {"b": null}, "order": null}}});
        assert_eq!(merge(inferred, &authored), json!({"resources": {"post": {"set": {"a": 1, "b": null}}}}));
    }
}
