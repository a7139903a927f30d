use std::process::ExitCode;

/// Calls and start-up make many small, short-lived values, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    standin::cli::run(std::env::args_os())
}
