//! Finds what some tests need and not every machine has: published models and a browser. Tests that
//! lack theirs are ignored, with the reason.

use std::env;
use std::path::PathBuf;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn from_environment(name: &str) -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var_os(name).filter(|given| !given.is_empty()).map(PathBuf::from)
}

fn models() -> Option<PathBuf> {
    let beside = || {
        let project = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)?;
        Some(project.parent()?.join("shared/likelihoods"))
    };
    from_environment("DIFFHEP_LIKELIHOODS").or_else(beside).filter(|folder| folder.is_dir())
}

fn browser() -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed=PATH");
    let on_path = || {
        let path = env::var_os("PATH")?;
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let candidates =
            BROWSERS.iter().flat_map(|name| folders.iter().map(move |at| at.join(name)));
        candidates.into_iter().find(|candidate| candidate.is_file())
    };
    from_environment("DIFFHEP_CHROMIUM").or_else(on_path)
}

/// Sets a condition and the path for the tests, where the path exists.
fn announce(condition: &str, variable: &str, path: Option<PathBuf>) {
    println!("cargo::rustc-check-cfg=cfg({condition})");
    if let Some(path) = path {
        println!("cargo::rustc-cfg={condition}");
        println!("cargo::rustc-env={variable}={}", path.display());
    }
}

fn main() {
    println!("cargo::rerun-if-changed=tests/build.rs");
    announce("published_models", "TEST_PUBLISHED_MODELS", models());
    announce("browser", "TEST_BROWSER", browser());
}
