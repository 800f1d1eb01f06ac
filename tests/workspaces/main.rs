//! Workspaces: what is read, refused, patched and changed.

#[path = "../common.rs"]
mod common;

mod bad_input;
mod surgery;
