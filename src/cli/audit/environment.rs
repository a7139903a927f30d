//! What a client is told of its world: variables in its environment.

use std::fmt::Write as _;

use crate::contract::Contract;
use crate::server::OWN_PREFIX;
use crate::words::did_you_mean;

/// Where a client's world is, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Scheme, host, port and world: `http://127.0.0.1:4010/~read-503`.
    pub origin: String,
    /// The origin with the base path of the API: what clients call their base URL.
    pub base_url: String,
    /// The credential as it stands in its header: `Bearer …`. Empty where none is needed.
    pub credential: String,
    /// The credential without its scheme.
    pub token: String,
    /// As this client calls it: with the client's number where several share the world.
    pub world: String,
    pub trial: String,
    /// Where the world's control API is.
    pub control_url: String,
}

/// The words in templates; the variable of each is `STANDIN_` and the word in capitals.
const WORDS: [&str; 7] = ["base_url", "origin", "token", "credential", "world", "trial", "control_url"];

impl Place {
    /// `server` is scheme, host and port; `credential` a header and its value.
    pub fn new(
        contract: &Contract,
        server: &str,
        credential: Option<&(String, String)>,
        world: &str,
        trial: &str,
    ) -> Place {
        let origin = format!("{server}/~{world}");
        let credential = credential.map(|(_, value)| value.clone()).unwrap_or_default();
        Place {
            base_url: format!("{origin}{}", contract.operations.base),
            control_url: format!("{origin}{OWN_PREFIX}"),
            token: credential.split_once(' ').map_or(credential.as_str(), |(_, token)| token).to_owned(),
            credential,
            origin,
            world: world.to_owned(),
            trial: trial.to_owned(),
        }
    }

    /// Our variables: `STANDIN_BASE_URL` and so on.
    pub fn variables(&self) -> impl Iterator<Item = (String, &str)> {
        WORDS.iter().map(|word| (format!("STANDIN_{}", word.to_uppercase()), self.value(word)))
    }

    fn value(&self, word: &str) -> &str {
        match word {
            "base_url" => &self.base_url,
            "origin" => &self.origin,
            "token" => &self.token,
            "credential" => &self.credential,
            "world" => &self.world,
            "trial" => &self.trial,
            _ => &self.control_url,
        }
    }
}

/// Text with `{base_url}` and the like in it. `{{` and `}}` stand for single braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Word(&'static str),
}

impl Template {
    pub fn read(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let Some((word, after)) = rest.split_once('}').filter(|_| brace == "{") else {
                return Err(format!("a {brace:?} stands alone; write {brace}{brace} for a brace"));
            };
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Word(known(word)?));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Template(parts))
    }

    pub fn fill(&self, place: &Place) -> String {
        self.0.iter().fold(String::new(), |mut text, part| {
            let _ = match part {
                Part::Text(plain) => text.write_str(plain),
                Part::Word(word) => text.write_str(place.value(word)),
            };
            text
        })
    }
}

fn known(word: &str) -> Result<&'static str, String> {
    WORDS.into_iter().find(|known| *known == word).ok_or_else(|| match did_you_mean(word, WORDS) {
        Some(nearest) => format!("{{{word}}} is unknown; did you mean {{{nearest}}}?"),
        None => format!("{{{word}}} is unknown; known are {{{}}}", WORDS.join("}, {")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            origin: "http://127.0.0.1:9/~w".to_owned(),
            base_url: "http://127.0.0.1:9/~w/v1".to_owned(),
            credential: "Bearer t".to_owned(),
            token: "t".to_owned(),
            world: "w".to_owned(),
            trial: "read-503".to_owned(),
            control_url: "http://127.0.0.1:9/~w/_standin".to_owned(),
        }
    }

    #[test]
    fn a_template_is_filled() {
        for (template, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{base_url}", "http://127.0.0.1:9/~w/v1"),
            ("{origin}/v2?key={token}", "http://127.0.0.1:9/~w/v2?key=t"),
            ("{{{trial}}}", "{read-503}"),
            ("{{}}", "{}"),
        ] {
            assert_eq!(Template::read(template).unwrap().fill(&place()), expected, "{template}");
        }
    }

    #[test]
    fn a_template_with_a_mistake_is_refused_with_what_to_do() {
        for (template, expected) in [
            ("{base-url}", "{base-url} is unknown; did you mean {base_url}?"),
            (
                "{}",
                "{} is unknown; known are {base_url}, {origin}, {token}, {credential}, {world}, {trial}, {control_url}",
            ),
            ("{token", "a \"{\" stands alone; write {{ for a brace"),
            ("token}", "a \"}\" stands alone; write }} for a brace"),
            ("é}", "a \"}\" stands alone; write }} for a brace"),
        ] {
            assert_eq!(Template::read(template), Err(expected.to_owned()), "{template}");
        }
    }

    #[test]
    fn every_word_has_its_variable() {
        let place = place();
        let variables: Vec<String> = place.variables().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            variables,
            [
                "STANDIN_BASE_URL=http://127.0.0.1:9/~w/v1",
                "STANDIN_ORIGIN=http://127.0.0.1:9/~w",
                "STANDIN_TOKEN=t",
                "STANDIN_CREDENTIAL=Bearer t",
                "STANDIN_WORLD=w",
                "STANDIN_TRIAL=read-503",
                "STANDIN_CONTROL_URL=http://127.0.0.1:9/~w/_standin",
            ]
        );
    }
}
