//! Text and JSON trees with expressions at their leaves: `"{{ record.id }} has left"`.

use serde_json::Value;

use super::expression::{EvaluationError, ExpressionError, Scope};

/// Text with `{{ expression }}` in it.
#[derive(Debug)]
pub struct Template {}

/// A JSON tree. A string leaf that is exactly one `{{ expression }}` becomes that expression's value; other strings with `{{` are text.
/// A key that ends in `?` is left out (without the mark) when its value is null. Key order is the author's.
#[derive(Debug)]
pub struct Tree {}

/// A compile error in a tree: the pointer inside the tree, and the error.
pub type TreeError = (String, ExpressionError);

impl Template {
    pub fn compile(text: &str, names: &[&str]) -> Result<Template, ExpressionError> {
        let _ = (text, names);
        todo!()
    }

    /// The text. Strings stand as they are, numbers and booleans as in JSON, null as nothing, the rest as JSON.
    pub fn render(&self, scope: &Scope<'_>) -> Result<String, EvaluationError> {
        let _ = scope;
        todo!()
    }
}

impl Tree {
    pub fn compile(tree: &Value, names: &[&str]) -> Result<Tree, TreeError> {
        let _ = (tree, names);
        todo!()
    }

    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        let _ = scope;
        todo!()
    }

    /// Leaves that are one bare name, as (pointer, name): `("/data", "record")`.
    pub fn bare_leaves(&self) -> Vec<(String, String)> {
        todo!()
    }

    /// Writes compact JSON. A bare name bound as text is copied as it is. Returned is the tree's value with `null` in the place of each
    /// such copied leaf: what is left to be checked.
    pub fn write(&self, scope: &Scope<'_>, out: &mut Vec<u8>) -> Result<Value, EvaluationError> {
        let _ = (scope, out);
        todo!()
    }
}
