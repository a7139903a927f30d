//! Reads what a control call asks for, strictly: an unknown word is refused, with those that are known.

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Refusal, refuse};
use crate::call::Call;

/// The request body. An empty one stands for an empty object.
pub fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Refusal> {
    let text: &[u8] = if call.body.trim_ascii().is_empty() { b"{}" } else { &call.body };
    serde_json::from_slice(text).map_err(|error| refuse(StatusCode::BAD_REQUEST, format!("the request body: {error}")))
}

/// Query parameters, checked against the names that the operation knows.
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub fn of(call: &Call, known: &[&str]) -> Result<Query, Refusal> {
        let text = call.query.as_deref().unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(Query { pairs }),
            Some((name, _)) => {
                let known = known.join(", ");
                Err(refuse(
                    StatusCode::BAD_REQUEST,
                    format!("unknown query parameter {name:?}, expected one of {known}"),
                ))
            }
        }
    }

    /// The last value of a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            refuse(StatusCode::BAD_REQUEST, format!("query parameter {name:?} is {text:?}, not a whole number"))
        })?;
        Ok(Some(number))
    }
}

/// How many entries a list gives when nothing is asked, and at most.
pub const LIMIT_DEFAULT: usize = 100;
pub const LIMIT_MAX: usize = 2_000;

/// `limit`, within its bounds.
pub fn limit(query: &Query) -> Result<usize, Refusal> {
    match query.number("limit")? {
        None => Ok(LIMIT_DEFAULT),
        Some(limit) if (1..=LIMIT_MAX as u64).contains(&limit) => Ok(limit as usize),
        Some(limit) => {
            Err(refuse(StatusCode::BAD_REQUEST, format!("limit is {limit}, but must be from 1 to {LIMIT_MAX}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde::Deserialize;

    use super::*;
    use crate::server::control::detail;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Named {
        name: Option<String>,
    }

    fn with_body(text: &'static str) -> Call {
        let mut call = Call::new(Method::POST, "/x");
        call.body = text.into();
        call
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(body::<Named>(&with_body("  ")).unwrap(), Named { name: None });
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let refusal = body::<Named>(&with_body(r#"{"nam": "x"}"#)).unwrap_err();
        let detail = detail(&refusal);
        assert!(detail.starts_with("the request body: unknown field `nam`, expected `name`"), "{detail}");
    }

    #[test]
    fn a_query_is_read_strictly() {
        let call = Call::new(Method::GET, "/x?limit=5&after=1&after=2&event=a%20b");
        let query = Query::of(&call, &["limit", "after", "event"]).ok().unwrap();
        assert_eq!(limit(&query).unwrap(), 5);
        assert_eq!(query.number("after").unwrap(), Some(2));
        assert_eq!(query.text("event"), Some("a b"));
        assert!(Query::of(&call, &["limit"]).is_err());
        for bad in ["/x?limit=0", "/x?limit=2001", "/x?limit=-1", "/x?limit=a", "/x?limit=99999999999999999999"] {
            let call = Call::new(Method::GET, bad);
            assert!(limit(&Query::of(&call, &["limit"]).ok().unwrap()).is_err(), "{bad}");
        }
    }
}
