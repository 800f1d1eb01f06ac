//! The program `diffhep`; see [`diffhep::cli`].

fn main() -> std::process::ExitCode {
    diffhep::cli::run()
}
