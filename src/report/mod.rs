//! What the reports of scenarios and of audits share: [`plain`] makes texts that a stranger wrote harmless, [`Look`] colours a terminal's,
//! [`markup`] and [`page`] make a page that works offline, [`xml`] writes JUnit.

mod look;
pub mod markup;
pub mod page;
pub mod plain;
pub mod xml;

pub use look::{Look, WIDTH_DEFAULT};

/// The format that a word of `--report FORMAT=FILE` names, in any case; the error lists the known ones.
pub fn find_format<F: Copy>(word: &str, formats: &[F], word_of: fn(F) -> &'static str) -> Result<F, String> {
    let lower = word.to_ascii_lowercase();
    if let Some(format) = formats.iter().find(|format| word_of(**format) == lower) {
        return Ok(*format);
    }
    let words: Vec<&str> = formats.iter().map(|format| word_of(*format)).collect();
    let known = words.join(", ");
    Err(match crate::words::did_you_mean(&lower, words) {
        Some(near) => format!("unknown report format `{word}`; did you mean `{near}`? the formats are {known}"),
        None => format!("unknown report format `{word}`; the formats are {known}"),
    })
}
