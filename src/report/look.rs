//! How a terminal's text looks: colours where they are wanted, the same words without.

use anstyle::{AnsiColor, Style};

/// How wide a terminal is where nobody says.
pub const WIDTH_DEFAULT: usize = 100;

#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub color: bool,
    /// Columns of the window.
    pub width: usize,
}

impl Look {
    pub fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    pub fn doubtful(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    pub fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A line of a unified diff.
    pub fn diff(self, line: &str) -> String {
        match line.as_bytes().first() {
            Some(b'+') => self.good(line),
            Some(b'-') => self.bad(line),
            Some(b'@') => self.paint(AnsiColor::Cyan.on_default(), line),
            _ => line.to_owned(),
        }
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
