//! The program `diffhep`: `cli` parses, calls the library and prints; `benchmark` contains what the
//! command of that name measures.

mod benchmark;
mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
