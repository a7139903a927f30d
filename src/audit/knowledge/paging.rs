//! Lists that come in pages.

use super::Knowledge;
use crate::audit::observe::Exchange;
use crate::contract::plan::{Paging, Verb};
use crate::contract::vocabulary::PageStyle;

/// One page asked for: the list that it belongs to, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAsked {
    /// The path and what else was asked: filters, order and size.
    pub list: String,
    /// What the position parameter says; `None` for the first page where it was left out or says so.
    pub position: Option<String>,
}

impl<'c> Knowledge<'c> {
    /// How an operation's list comes in pages; `None` where it does not.
    pub fn paging(&self, operation: &str) -> Option<&'c Paging> {
        match &self.action(operation)?.verb {
            Verb::List { paging, .. } if paging.style != PageStyle::None && paging.at.is_some() => Some(paging),
            _ => None,
        }
    }

    /// The page that a call asks for.
    pub fn page_asked(&self, exchange: &Exchange) -> Option<PageAsked> {
        let paging = self.paging(exchange.operation.as_deref()?)?;
        let at = paging.at.as_deref()?;
        let query = exchange.query.as_deref().unwrap_or_default();
        let (position, mut others): (Vec<_>, Vec<_>) =
            form_urlencoded::parse(query.as_bytes()).into_owned().partition(|(name, _)| name == at);
        // Only the first page may be asked for in two ways.
        let is_first = |position: &String| match paging.style {
            PageStyle::Page => position == "1" || position.is_empty(),
            PageStyle::Offset => position == "0" || position.is_empty(),
            PageStyle::Cursor | PageStyle::None => position.is_empty(),
        };
        others.sort();
        let others = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
        Some(PageAsked {
            list: format!("{}?{others}", exchange.path),
            position: position.into_iter().next().map(|(_, value)| value).filter(|value| !is_first(value)),
        })
    }
}
