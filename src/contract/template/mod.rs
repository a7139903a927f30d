//! Text and JSON trees with expressions at their leaves: `"{{ record.id }} has left"`.
//!
//! A tree is compiled once: what holds no expression is serialised at load, and a reply is written straight into its bytes.
//!
//! Beside the author's own keys a tree knows one form, which makes a list in the author's key order:
//! `{"$each": "body.items", "$as": "item", "$in": {"id": "{{ item.id }}", "position": "{{ index }}"}}`.

mod output;
mod text;
mod tree;

pub use output::Output;
pub use text::Template;
pub use tree::{EACH_ITEMS_MAX, EACH_TOTAL_MAX, TREE_DEPTH_MAX, Tree, TreeError};

#[cfg(test)]
mod tests;
