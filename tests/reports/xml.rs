//! As much of XML as a JUnit file has: elements, attributes, text. Strict: what is not well-formed is an error.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Element>,
    /// All text directly within.
    pub text: String,
}

pub fn parse(document: &str) -> Result<Element, String> {
    let rest = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").ok_or("no XML declaration")?;
    if let Some(bad) = document.chars().find(|character| !is_allowed(*character)) {
        return Err(format!("{bad:?} is no character of XML"));
    }
    let mut reader = Reader { rest: rest.trim_start() };
    let root = reader.element()?;
    if reader.rest.trim().is_empty() { Ok(root) } else { Err(format!("after the root stands {:?}", reader.rest)) }
}

/// `Char` of XML 1.0, 2.2.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

struct Reader<'d> {
    rest: &'d str,
}

impl<'d> Reader<'d> {
    fn element(&mut self) -> Result<Element, String> {
        self.expect("<")?;
        let mut element = Element { name: self.name()?, ..Element::default() };
        loop {
            self.rest = self.rest.trim_start();
            if self.take("/>") {
                return Ok(element);
            }
            if self.take(">") {
                break;
            }
            let name = self.name()?;
            self.expect("=\"")?;
            let value = self.until('"')?;
            if value.contains('<') {
                return Err(format!("`<` in attribute {name}"));
            }
            self.expect("\"")?;
            if element.attributes.insert(name.clone(), unescape(value)?).is_some() {
                return Err(format!("{name} stands twice in {}", element.name));
            }
        }
        loop {
            let text = self.until('<')?;
            element.text.push_str(&unescape(text)?);
            if self.take("</") {
                let closed = self.name()?;
                self.expect(">")?;
                return if closed == element.name {
                    Ok(element)
                } else {
                    Err(format!("{closed} closes {}", element.name))
                };
            }
            element.children.push(self.element()?);
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).ok_or("a name ends the file")?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err(format!("no name at {rest:.20}")) } else { Ok(name.to_owned()) }
    }

    fn until(&mut self, end: char) -> Result<&'d str, String> {
        let at = self.rest.find(end).ok_or_else(|| format!("no {end} follows"))?;
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        Ok(text)
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(format!("{text} expected at {:.20}", self.rest)) }
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').ok_or("an entity without its end")?;
        out.push_str(match entity {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            "#10" | "#xA" => "\n",
            "#13" | "#xD" => "\r",
            "#9" | "#x9" => "\t",
            other => return Err(format!("unknown entity {other}")),
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
