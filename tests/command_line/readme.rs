//! Walks the README's tour and the examples of `spec/scenarios.md`: starts what they serve, runs what they run, and compares what they show.
//!
//! A fenced block after `<!-- serve -->` starts a server; one after `<!-- run -->` is run by one bash for the whole tour. A fenced block
//! that follows one of them is what it shows: `json` is compared as JSON, `text` letter by letter. With `STANDIN_UPDATE=1` the shown blocks are
//! written anew.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use super::program::{BINARY, Folder, PATIENCE, Server};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/scenarios.md");
const PORT_DEFAULT: u16 = 4010;

#[test]
fn the_tour_of_the_readme_runs_and_shows_what_it_says() {
    walk(README);
}

#[test]
fn the_examples_of_the_scenarios_reference_run_and_show_what_it_says() {
    walk(SCENARIOS);
}

fn walk(document: &str) {
    let text = std::fs::read_to_string(document).expect("the document is there");
    let mut tour = Tour::start();
    let mut written: Vec<String> = Vec::new();
    let mut differences = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let step = match lines[at] {
            "<!-- serve -->" => Tour::serve,
            "<!-- run -->" => Tour::run,
            line => {
                written.push(line.to_owned());
                at += 1;
                continue;
            }
        };
        let (shell, after) =
            fenced(&lines, at + 1, "sh").unwrap_or_else(|| panic!("no sh block after line {}", at + 1));
        let seen = step(&mut tour, &shell.join("\n"));
        written.extend(lines[at..after].iter().map(|line| (*line).to_owned()));
        at = after;
        // What is shown stands after an empty line.
        let shown = ["json", "text"].iter().find_map(|kind| Some((*kind, fenced(&lines, at + 1, kind)?)));
        let (kind, shown) = match shown {
            Some((kind, (shown, after))) => {
                at = after;
                (kind, Some(shown.join("\n")))
            }
            None => ("", None),
        };
        let seen = readable(kind, &seen);
        if timeless(shown.as_deref().unwrap_or_default()) != timeless(&seen) {
            differences.push(format!("after line {after}:\n{seen}\n"));
        }
        if shown.is_some() {
            written.extend([String::new(), format!("```{kind}"), seen, "```".to_owned()]);
        }
    }
    if std::env::var_os("STANDIN_UPDATE").is_some() {
        std::fs::write(document, written.join("\n") + "\n").expect("the document can be written");
    } else {
        assert!(
            differences.is_empty(),
            "{document} shows something else (STANDIN_UPDATE=1 writes it):\n{}",
            differences.join("\n")
        );
    }
    tour.end();
}

/// The lines of a fenced block that opens on this line, and the number of the line after it.
fn fenced<'a>(lines: &[&'a str], open: usize, kind: &str) -> Option<(Vec<&'a str>, usize)> {
    if lines.get(open)?.strip_prefix("```") != Some(kind) {
        return None;
    }
    let length = lines[open + 1..].iter().position(|line| *line == "```")?;
    Some((lines[open + 1..open + 1 + length].to_vec(), open + length + 2))
}

/// JSON as the documents show it: on several lines. Other text as it is.
fn readable(kind: &str, seen: &str) -> String {
    match kind {
        "json" => match serde_json::from_str::<Value>(seen) {
            Ok(value) => format!("{value:#}"),
            Err(_) => seen.to_owned(),
        },
        _ => seen.trim_end().to_owned(),
    }
}

/// Text without how long something took, which is never the same.
fn timeless(text: &str) -> String {
    let durations = regex::Regex::new(r"\b[0-9]+(\.[0-9]+)? m?s\b").expect("a pattern");
    durations.replace_all(text, "T").into_owned()
}

/// One bash, and the servers that were started on the way.
struct Tour {
    folder: Folder,
    bash: Child,
    input: ChildStdin,
    output: Receiver<String>,
    /// Each with the port that the document names.
    servers: Vec<(u16, Server)>,
}

impl Tour {
    fn start() -> Tour {
        let curl = Command::new("curl").arg("--version").output();
        assert!(
            curl.is_ok_and(|output| output.status.success()),
            "the tour needs curl; install it (apt-get install curl)"
        );
        let folder = Folder::new();
        let programs = Path::new(BINARY).parent().expect("the binary lies in a folder").display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
        let mut bash = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(folder.path())
            .envs([("PATH", path.as_str()), ("NO_COLOR", "1"), ("NO_PROXY", "*")])
            // The tour shows what a person sees: in CI no snapshot is pending.
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tour needs bash");
        let mut input = bash.stdin.take().expect("piped");
        input.write_all(b"exec 2>&1\n").expect("bash reads");
        let output = bash.stdout.take().expect("piped");
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Tour { folder, bash, input, output: receiver, servers: Vec::new() }
    }

    /// Starts a server on a free port, and gives what both streams show.
    fn serve(&mut self, command: &str) -> String {
        let mut words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words.drain(..2).collect::<Vec<_>>(), ["standin", "serve"]);
        let mut named = PORT_DEFAULT;
        if let Some(at) = words.iter().position(|word| *word == "--port") {
            named = words[at + 1].parse().expect("a port");
            words.drain(at..at + 2);
        }
        let server = Server::start_in(self.folder.path(), &words);
        let seen = server.wait_for("  control ") + &server.ready;
        self.servers.push((named, server));
        self.as_named(&seen)
    }

    /// Runs the lines, and gives what they print on both streams.
    fn run(&mut self, lines: &str) -> String {
        const END: &str = "@@ end of a block, code ";
        let mut lines = lines.to_owned();
        for (named, server) in &self.servers {
            lines = lines.replace(&format!("127.0.0.1:{named}"), &format!("127.0.0.1:{}", server.port));
        }
        write!(self.input, "{lines}\nprintf '\\n{END}%s\\n' $?\n").expect("bash reads");
        let mut seen: Vec<String> = Vec::new();
        loop {
            let line = self.output.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no end of {lines}\n{seen:?}"));
            if let Some(code) = line.strip_prefix(END) {
                assert_eq!(code, "0", "{lines}\n{}", seen.join("\n"));
                break;
            }
            seen.push(line);
        }
        // The line break before the mark, which ends a line without one.
        if seen.last().is_some_and(String::is_empty) {
            seen.pop();
        }
        self.as_named(&seen.join("\n"))
    }

    /// With the ports that the document names.
    fn as_named(&self, seen: &str) -> String {
        let rename = |seen: String, (named, server): &(u16, Server)| {
            seen.replace(&format!("127.0.0.1:{}", server.port), &format!("127.0.0.1:{named}"))
        };
        self.servers.iter().fold(seen.to_owned(), rename)
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.bash.wait().expect("bash ends").success());
        for (_, server) in self.servers {
            assert_eq!(server.stop("INT").code, Some(0));
        }
    }
}

#[test]
fn every_file_and_heading_that_a_document_links_is_there() {
    for document in [README, SCENARIOS] {
        let text = std::fs::read_to_string(document).expect("the document is there");
        let folder = Path::new(document).parent().expect("it lies in a folder");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let (headings, files): (Vec<&str>, Vec<&str>) =
            targets.filter(|target| !target.starts_with("http")).partition(|target| target.starts_with('#'));
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            assert!(folder.join(file).exists(), "{file}");
        }
        let known: Vec<String> = text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
        for heading in headings {
            assert!(known.iter().any(|known| known == heading), "{heading} is none of {known:?}");
        }
    }
}

/// What links to a heading: `## Exit codes` is `#exit-codes`.
fn anchor(line: &str) -> String {
    format!("#{}", line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
}

#[test]
fn the_readme_names_one_test_command() {
    let text = std::fs::read_to_string(README).expect("there is a README");
    let marks: Vec<_> = text.match_indices("<!-- test-command -->\n```sh\n").collect();
    assert_eq!(marks.len(), 1);
}
