//! What commands need of the machine: workers, and whole files.

use std::io;
use std::path::Path;

use tokio::runtime::{Builder, Runtime};

/// How many processors there are; one where nobody can say.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A runtime with as many workers as there are processors, and no more than this.
pub fn runtime(workers_max: usize) -> io::Result<Runtime> {
    let workers = processors().min(workers_max);
    let mut builder = match workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(workers).enable_all().build()
}

/// Writes a whole file, and makes the folders that it lies in.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}
