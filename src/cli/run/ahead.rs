//! Files that are sure to be needed, read side by side: nothing else takes so much of the time before the first call as reading YAML, and
//! files do not depend on one another for that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::cli::machine;
use crate::cli::services::Files;
use crate::contract::document::{Source, text};
use crate::contract::error::LoadError;
use crate::scenario::read::clean;

/// Stack of a thread that reads: as much as the main thread has.
const STACK_BYTES: usize = 8 << 20;

/// [`Files`], of which some have been read.
#[derive(Debug)]
pub struct Ahead {
    /// By clean name; each is given away once.
    trees: RefCell<BTreeMap<String, Result<Value, LoadError>>>,
}

impl Ahead {
    /// Reads these files. One that is not there is left out: whoever asks for it is told why.
    pub fn of(files: &[String]) -> Ahead {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut trees = Vec::new();
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let name = clean(file);
                if let Ok(text) = Files.read(&name) {
                    let tree = text::parse(&name, &text);
                    trees.push((name, tree));
                }
            }
            trees
        };
        let threads = machine::processors().min(files.len());
        let trees = thread::scope(|scope| {
            let start = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok();
            // This thread takes its share; where no other can be started, it does all.
            let others: Vec<_> = (1..threads).filter_map(start).collect();
            let mut trees: BTreeMap<_, _> = work().into_iter().collect();
            trees.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            trees
        });
        Ahead { trees: RefCell::new(trees) }
    }
}

impl Source for Ahead {
    fn read(&self, name: &str) -> Result<String, String> {
        Files.read(name)
    }

    fn tree(&self, name: &str) -> Option<Result<Value, LoadError>> {
        self.trees.borrow_mut().remove(name).or_else(|| Files.tree(name))
    }
}
